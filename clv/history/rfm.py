"""RFM scores from 1 to 5 and the eleven segments that cover all 125 codes once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# Most customers buy once, so quintiles of frequency would tie: fixed bins 1, 2, 3, 4-5, 6+.
FREQUENCY_BINS = (2, 3, 4, 6)
NEVER_PAID = "No paid order"


@dataclass(frozen=True)
class Segment:
    """One RFM segment.

    Attributes
    ----------
    codes : scores of recency, frequency and monetary value, three digits each.
    meaning : who is in it.
    to_do : what to do about them.
    """

    name: str
    codes: tuple[str, ...]
    meaning: str
    to_do: str


def _segment(name: str, meaning: str, to_do: str, codes: str) -> Segment:
    return Segment(name, tuple(codes.split()), meaning, to_do)


# By name, best first.
RFM_SEGMENTS: dict[str, Segment] = {
    segment.name: segment
    for segment in (
        _segment(
            "Champions",
            "Bought just now, often and for much.",
            "Reward them; ask for a referral.",
            "555 554 544 545 454 455 445",
        ),
        _segment(
            "Loyal",
            "Buy regularly and spend well.",
            "Offer something dearer.",
            "543 444 435 355 354 345 344 335",
        ),
        _segment(
            "Potential Loyalist",
            "Recent and on their second or third order.",
            "Make the next order easy.",
            "553 551 552 541 542 533 532 531 452 451 442 441 431 453 433 432 423 353 352 351 342 341 333 323",
        ),
        _segment(
            "New Customers",
            "First order, recently.",
            "Welcome them and lead them to a second order.",
            "512 511 422 421 412 411 311",
        ),
        _segment(
            "Promising",
            "Recent, few orders, good spend.",
            "Build the habit.",
            "525 524 523 522 521 515 514 513 425 424 413 414 415 315 314 313",
        ),
        _segment(
            "Need Attention",
            "Above average, but the last order is a while ago.",
            "Remind them.",
            "535 534 443 434 343 334 325 324",
        ),
        _segment(
            "About To Sleep",
            "Below average and fading.",
            "A reminder before they are gone.",
            "331 321 312 221 213 231 241 251",
        ),
        _segment(
            "At Risk",
            "Bought often or for much, long ago.",
            "Win them back.",
            "255 254 245 244 253 252 243 242 235 234 225 224 153 152 145 143 142 135 134 133 125 124",
        ),
        _segment(
            "Cannot Lose Them",
            "Spent much on few orders, long ago.",
            "Call them.",
            "155 154 144 214 215 115 114 113",
        ),
        _segment(
            "Hibernating",
            "Few orders, little spend, long ago.",
            "A cheap offer at most.",
            "332 322 233 232 223 222 132 123 122 212 211",
        ),
        _segment(
            "Lost",
            "Lowest on every score.",
            "Leave them alone.",
            "111 112 121 131 141 151",
        ),
    )
}
SCORES_MEAN = (
    "Each customer gets three scores from 1 to 5: R, recency (days since the last order, by fifths), F, "
    "frequency (order days: 1, 2, 3, 4-5, 6+) and M, monetary value (revenue, by fifths). The three digits decide the "
    "segment."
)
_SEGMENT_OF_CODE = {int(code): each.name for each in RFM_SEGMENTS.values() for code in each.codes}


def rfm_scores(buyers: pd.DataFrame) -> pd.DataFrame:
    """Scores 1 to 5, 5 best, in columns recency_score, frequency_score, monetary_score.

    Recency and revenue are cut at their quintiles, frequency (purchase days) at fixed bins; equal values
    always get equal scores, so the row order does not matter.

    Parameters
    ----------
    buyers : frame with days_since_last_order, purchase_days and revenue.
    """
    return pd.DataFrame(
        {
            "recency_score": 6 - _quintile(buyers["days_since_last_order"].to_numpy(dtype=float)),
            "frequency_score": 1 + np.searchsorted(FREQUENCY_BINS, buyers["purchase_days"], side="right"),
            "monetary_score": _quintile(buyers["revenue"].to_numpy(dtype=float)),
        },
        index=buyers.index,
    )


def rfm_segments(scores: pd.DataFrame) -> pd.Series:
    """The segment's name for each row of ``rfm_scores``."""
    code = 100 * scores["recency_score"] + 10 * scores["frequency_score"] + scores["monetary_score"]
    return code.map(_SEGMENT_OF_CODE).rename("segment")


def _quintile(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """1 for the lowest fifth to 5 for the highest, by value."""
    if values.size == 0:
        return np.array([], dtype=np.int64)
    cuts = np.quantile(values, [0.2, 0.4, 0.6, 0.8])
    return 1 + np.searchsorted(cuts, values, side="left")
