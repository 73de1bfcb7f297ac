"""The progress bar of a report, on stderr and gone when it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["progress"]


@contextmanager
def progress() -> Iterator[Callable[[float, str], None]]:
    """Show a progress bar where stderr is a terminal.

    Yields
    ------
    callable
        ``tell(share, text)``: the share of the work that is done, 0 to 1, and what comes next.

    Examples
    --------
    >>> with progress() as tell:
    ...     tell(0.5, "DFT 1024")
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    share, name = TextColumn("{task.percentage:3.0f} %"), TextColumn("{task.description}")
    with Progress(
        BarColumn(), share, TimeElapsedColumn(), name, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=1.0)

        def tell(share: float, text: str) -> None:
            bar.update(task, completed=share, description=text)

        yield tell
