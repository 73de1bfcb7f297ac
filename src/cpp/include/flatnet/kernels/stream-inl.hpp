// Stores past the caches, for what is written once and read elsewhere.
namespace flatnet::FLATNET_ISA {
namespace {

/// Past the caches where the instruction set can; p is aligned to a vector.
template <class T> inline void stream(T* p, Vec<T> v) {
#if defined(__AVX512F__)
  _mm512_stream_si512(reinterpret_cast<__m512i*>(p), (__m512i)v);
#elif defined(__AVX2__)
  _mm256_stream_si256(reinterpret_cast<__m256i*>(p), (__m256i)v);
#else
  store(p, v);
#endif
}
/// Orders streamed stores before what follows, in other threads too.
inline void stream_end() {
#if defined(__AVX2__)
  _mm_sfence();
#endif
}

}  // namespace
}  // namespace flatnet::FLATNET_ISA
