#pragma once
/// Structure is seen, not named: runs of Hadamard, Fourier and 2 x 2 stages in a chain of layers, read from the factors' patterns
/// and weights alone, and the program of steps that computes the chain. The layers stay what they are; the program is what runs.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "flatnet/core/panel.hpp"
#include "flatnet/engine/fwht.hpp"
#include "flatnet/kernels/table.hpp"
#include "flatnet/network/layer.hpp"

namespace flatnet {

class Neurons;
class Passes;
class Tiles;

/// I_a (x) s H_n (x) I_d with H_n the Hadamard matrix of Sylvester, n = 2^bits, natural order.
struct HadamardStage {
  index_t a = 1, n = 1, d = 1;
  c128 scale = 1.0;
  bool integer = false;  // the scale is a whole number, as stored
};

/// A radix-2 stage of the Fourier transform times a number: I_a (x) s [[I, W], [I, -W]] with W = diag(exp(2 pi i sign l / 2d)),
/// l < d, or its transpose.
struct FourierStage {
  index_t a = 1, d = 1;
  bool in_time = false, in_frequency = false;  // as written, transposed; at d = 1 both
  int sign = 0;                                // at d = 1: 0, either
  c128 scale = 1.0;
};

/// What a factor's weights say, its permutations left aside.
std::optional<HadamardStage> hadamard_stage(const Factor& f);
/// Each weight w may differ from s exp(...) by 4 eps |s|, eps that of the weights' dtype: half of it is the rounding of an angle
/// up to pi, the rest that of cosine, sine and scale. A chain of such stages is as close to the transform as its own rounding.
std::optional<FourierStage> fourier_stage_of(const Factor& f);
/// True for a pattern of 2 x 2 blocks.
bool is_pair_stage(const Factor& f);
/// The permutation y[r] = x[index[r]] that a sparse matrix of ones is; null if it is none.
Index permutation_in(const Csr& m);
/// Sums and differences s (x[c] + x[c']), s (x[c] - x[c']), each pair once: I (x) s H_2 with its permutations.
std::optional<Factor> pairs_in(const Csr& m);

/// One step of a program, applied to a panel.
struct Step {
  enum class Kind { layer, hadamard, fourier, butterfly, neurons };
  Kind kind = Kind::layer;
  index_t rows = 0, cols = 0;
  int first = 0, count = 1;  // the layers it stands for; count 0: a permutation, diagonal or scale that came out of a run

  std::optional<Factor> weight;            // layer
  std::shared_ptr<const Tiles> tiles;      // layer: the same, packed; null where other kernels do as well
  std::vector<Factor> stages;              // butterfly: 2 x 2 stages without permutations
  std::shared_ptr<const Passes> passes;    // the same, packed; null where that does not pay
  std::shared_ptr<const Neurons> neurons;  // neurons: small layers, packed
  index_t a = 1, n = 1, d = 1;             // hadamard, fourier: I_a (x) H_n or F_n (x) I_d
  bool inverse = false;                    // fourier: the sign + of the inverse transform
  c128 scale = 1.0;                        // hadamard, fourier: applied after the transform
  Values scale_values{};                   // the same as a weight; empty: 1
  Values bias{};                           // of the layer that the step ends with
  Activation activation = Activation::identity;

  bool touched() const { return static_cast<bool>(bias) || activation != Activation::identity; }
};

/// A program that is one transform: it runs on the user's arrays.
struct Whole {
  Step::Kind kind = Step::Kind::hadamard;
  index_t a = 1, n = 1, d = 1;
  engine::FwhtOrder order = engine::FwhtOrder::natural;
  bool inverse = false;
  double scale = 1.0;
};

struct Program {
  std::vector<Step> steps;
  std::optional<Whole> whole;
  bool narrow = false;   // a Fourier run was seen in weights of 32-bit floats
  bool neurons = false;  // small layers were seen as one step, which computes in real floats only
};

/// The program of a chain. `wide`: it computes in 64-bit floats, where weights of 32 bits stand for themselves and not for the
/// roots of unity that they round. `real`: it computes in real floats.
Program program_of(const std::vector<Layer>& layers, bool wide, bool real);

/// Transforms of fewer points stay on panels whatever the array: one sweep does them, and their bits are the same for every
/// layout and batch. From here on a Fourier transform goes the way that suits the array.
constexpr index_t least_direct_points = 64;

/// The transform that a program is, if it is one: a real scale, natural order or one of Walsh's.
std::optional<Whole> whole_of(const std::vector<Step>& steps);
/// True when `whole` may write y directly.
bool fits(const Whole& whole, const ArrayView& y);
/// x holds elements of y's dtype in native order, or is y. Strides of both are multiples of the element.
void run(const Whole& whole, const kernels::Table& k, const ConstArrayView& x, const ArrayView& y, int axis, int threads);

/// "hadamard 1024 x 0.03125", "fourier 1024", "butterfly 4 stages", "layer 3 Sparse", ...
std::string describe(const Step& step);

/// Weights converted to what a computation in `compute` reads, on panels of one lane or on wider ones.
void prepare(const Step& step, Dtype compute, bool one_lane);
/// The whole program on the user's arrays, if they and every step allow it: runs and layers with packed weights, small layers in
/// one step, columns side by side in x and in y. False when nothing was done.
bool run_direct(const std::vector<Step>& steps, const kernels::Table& k, const ConstArrayView& x, const ArrayView& y, int axis,
                int threads);
/// True for a step that reads x and writes y apart, row by row, and so may read and write the user's arrays and share its rows.
bool by_rows(const Step& step);
/// The rows of part `part` of `parts` of such a step, its bias and activation left out.
void run_rows(const Step& step, const kernels::Table& k, Dtype compute, index_t lanes, const Rows& x, const Rows& y,
              index_t part, index_t parts);
/// Bias and activation of a step on a panel.
void touch(const Step& step, const kernels::Table& k, Dtype compute, index_t lanes, void* x);
/// x -> y or in place; both panels have room for the widest step. Returns where the result is.
void* run(const Step& step, const kernels::Table& k, Dtype compute, index_t lanes, void* x, void* y);

}  // namespace flatnet
