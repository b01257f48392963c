"""What a read took for granted and what looks odd in it: what, where, and what to do about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that the user should know about the data.

    Parameters
    ----------
    kind : str
        What sort of thing it is, such as "future dates" or "date order"; the same in every read.
    what : str
        What was found or assumed, as a sentence without a full stop.
    where : str
        Files, columns, first lines or dates; may be empty.
    todo : str
        What the user can do about it, as a sentence without a full stop.
    rows : int or None
        Rows concerned, where they can be counted.
    value : float or None
        Sum of their amounts, money.
    """

    kind: str
    what: str
    where: str
    todo: str
    rows: int | None = None
    value: float | None = None

    def __str__(self) -> str:
        place = f" ({self.where})" if self.where else ""
        return f"{self.what}{place}. {self.todo}." if self.todo else f"{self.what}{place}."

    def to_dict(self) -> dict[str, object]:
        """JSON-ready form."""
        return asdict(self)
