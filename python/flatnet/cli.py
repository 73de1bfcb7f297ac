"""The command ``flatnet``: reports on files or on a default suite, and says what it runs on.

Whatever goes wrong ends in one sentence on stderr and an exit status that is not 0: 1 for bad input, 2 for a wrong
command line, 130 after an interrupt.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

__all__ = ["main"]

_ABOUT = "How deep should a network be?  Counts, certifies and times what flattening a deep linear network costs."
_REPORT = """\
Without FILE a default suite is reported: transforms, low rank, random sparse, Strassen, a graph of images and a
multigrid hierarchy.  With files, they are applied in the order given and reported as one deep network.
Read are .npy, .npz (plain or of scipy.sparse) and .mtx; nothing in a file is ever unpickled."""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with a command line in one sentence."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"flatnet: {message} (see {self.prog} --help)\n")


def _count(text: str) -> int:
    """Return a positive integer."""
    if not text.isascii() or not text.isdigit() or int(text) == 0 or len(text) > 18:
        raise argparse.ArgumentTypeError(f"needs a positive integer, got {text!r}")
    return int(text)


def _parser() -> _Parser:
    parser = _Parser(prog="flatnet", description=_ABOUT)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)
    report = commands.add_parser(
        "report",
        help="what flattening costs, on files or a default suite",
        description=_REPORT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    report.add_argument("files", nargs="*", metavar="FILE", help="weight matrices; the first is applied first")
    report.add_argument("--json", metavar="FILE", help="also write all numbers as JSON")
    report.add_argument("--html", metavar="FILE", help="also write one self-contained page with plots")
    report.add_argument("--batch", type=_count, default=256, help="vectors per call for C_t [256]")
    report.add_argument("--threads", type=_count, default=1, help="threads of both sides [1]")
    report.add_argument("--quick", action="store_true", help="smaller sizes and shorter timings, for a first look")
    report.add_argument("--no-time", action="store_true", help="count only, leave C_t out")
    report.set_defaults(run=_report)
    info = commands.add_parser("info", help="version, instruction set, threads, BLAS, compiler")
    info.set_defaults(run=_info)
    return parser


def _need(*packages: str) -> None:
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        raise ValueError(f"flatnet report needs {' and '.join(missing)}: pip install 'flatnet[report]'")


def _report(args: argparse.Namespace) -> int:
    _need("rich", *([] if args.files else ["sklearn"]))
    from rich.console import Console

    from .report.outputs import check_targets, write_html, write_json
    from .report.run import Options, report
    from .report.show import progress
    from .report.table import show

    check_targets([path for path in (args.json, args.html) if path], args.files)
    options = Options(batch=args.batch, threads=args.threads, quick=args.quick, timed=not args.no_time)
    with progress() as tell:
        made = report(args.files, options, tell)
    show(made, Console(width=None if sys.stdout.isatty() else 170))
    if args.json:
        write_json(made, args.json)
    if args.html:
        write_html(made, args.html)
    return 0


def _info(args: argparse.Namespace) -> int:
    from .report.info import machine

    facts = machine()
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        print(f"{name:{width}}  {value}")
    return 0


def _sentence(error: BaseException) -> str:
    """Return an error's message on one line."""
    text = " ".join(str(error).split())
    if isinstance(error, OSError) and error.strerror:
        where = f" {error.filename!r}" if error.filename else ""
        text = f"{error.strerror}{where}"
    return text or type(error).__name__


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; by default those of the process.

    Returns
    -------
    int
        Exit status: 0, 1 after bad input, 130 after an interrupt.

    Raises
    ------
    SystemExit
        With status 2 for a wrong command line, 0 after ``--help``.

    Examples
    --------
    >>> main(["report", "no-such-file.npy"])
    1
    """
    args = _parser().parse_args(argv)
    try:
        status = int(args.run(args))
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        print("flatnet: interrupted, no file was left half-written", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of a pipe has left: nothing to tell it, nothing to flush at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (ValueError, TypeError, OSError, MemoryError, ImportError, RuntimeError) as error:
        print(f"flatnet: {_sentence(error)}", file=sys.stderr)
        return 1
