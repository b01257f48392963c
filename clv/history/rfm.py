"""RFM scores from 1 to 5 and the eleven segments that cover all 125 codes once."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# Most customers buy once, so quintiles of frequency would tie: fixed bins 1, 2, 3, 4-5, 6+.
FREQUENCY_BINS = (2, 3, 4, 6)
NEVER_PAID = "No paid order"

RFM_SEGMENTS: dict[str, str] = {
    "Champions": "555 554 544 545 454 455 445",
    "Loyal": "543 444 435 355 354 345 344 335",
    "Potential Loyalist": "553 551 552 541 542 533 532 531 452 451 442 441 431 453 433 432 423 353 352 351 "
    "342 341 333 323",
    "New Customers": "512 511 422 421 412 411 311",
    "Promising": "525 524 523 522 521 515 514 513 425 424 413 414 415 315 314 313",
    "Need Attention": "535 534 443 434 343 334 325 324",
    "About To Sleep": "331 321 312 221 213 231 241 251",
    "At Risk": "255 254 245 244 253 252 243 242 235 234 225 224 153 152 145 143 142 135 134 133 125 124",
    "Cannot Lose Them": "155 154 144 214 215 115 114 113",
    "Hibernating": "332 322 233 232 223 222 132 123 122 212 211",
    "Lost": "111 112 121 131 141 151",
}
_SEGMENT_OF_CODE = {int(code): name for name, codes in RFM_SEGMENTS.items() for code in codes.split()}


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
