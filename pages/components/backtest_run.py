"""A backtest at work behind the page, so that the page stays usable."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Thread
from typing import TYPE_CHECKING
from weakref import ref

import streamlit as st

from clv.analysis import Analysis
from clv.assumptions import ModelSetting
from clv.shop import Shop
from clv.shop_past import ShopPast
from clv.validation.origins import BacktestError
from pages.components.session import Session, session

if TYPE_CHECKING:
    from clv.validation.backtest import Backtest

RUNS = "backtest_runs"
THREAD_NAME = "backtest"
LOOK_EVERY = "700ms"


class NobodyWaitsError(Exception):
    """The session that a backtest was begun for has ended."""


@dataclass
class BacktestRun:
    """How far a backtest is; written by its thread, read by the page."""

    shop: Shop
    holdout_days: int | None
    wanted_by: ref[Session]
    share: float = 0.0
    doing: str = "Starting"
    found: Backtest | None = None
    problem: str | None = None
    thread: Thread = field(init=False)
    cautions: dict[ModelSetting, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.thread = Thread(target=self._work, daemon=True, name=THREAD_NAME)
        self.thread.start()

    @property
    def is_going(self) -> bool:
        """Whether there is neither a result nor a reason why there is none."""
        return self.found is None and self.problem is None

    def cautions_for(self, analysis: Analysis) -> tuple[str, ...]:
        """What the result says against the models of an analysis, in words; worked out once for each setting."""
        # Loaded when there is a result: scikit-learn alone takes a second of every start.
        from clv.validation.sentences import cautions

        setting = analysis.assumptions.model_setting
        if self.found is not None and setting not in self.cautions:
            fitted = analysis.models.purchases.name
            model = self.found.of_model(setting.choice, fitted, setting.group_by) or self.found.chosen
            self.cautions[setting] = cautions(self.found, model)
        return self.cautions.get(setting, ())

    def _work(self) -> None:
        try:
            self.found = ShopPast(self.shop).backtest(self.holdout_days, self._tell)
        except NobodyWaitsError:
            return
        except BacktestError as error:
            self.problem = str(error)
        except Exception as error:  # a thread's own error would end it in silence and leave the page waiting
            self.problem = f"The backtest stopped: {error}"
            raise

    def _tell(self, share: float, doing: str) -> None:
        if self.wanted_by() is None:
            raise NobodyWaitsError
        self.share, self.doing = share, doing


def backtest_run(shop: Shop, holdout_days: int | None) -> BacktestRun:
    """The run for these data and this holdout, begun now if there is none; those of other data are let go."""
    runs: dict[int | None, BacktestRun] = st.session_state.setdefault(RUNS, {})
    for other in [days for days, run in runs.items() if run.shop is not shop]:
        del runs[other]
    if holdout_days not in runs:
        runs[holdout_days] = BacktestRun(shop, holdout_days, ref(session()))
    return runs[holdout_days]


def backtest_cautions(analysis: Analysis) -> tuple[str, ...]:
    """What the backtest that was run last in this session says against the CLV shown; empty where there is none."""
    runs: dict[int | None, BacktestRun] = st.session_state.get(RUNS, {})
    done = [run for run in runs.values() if run.shop is analysis.shop and run.found is not None]
    return done[-1].cautions_for(analysis) if done else ()


@st.fragment(run_every=LOOK_EVERY)
def show_progress(run: BacktestRun) -> None:
    """A bar that follows the run and draws the page anew when it is done."""
    if not run.is_going:
        st.rerun()
    st.progress(min(run.share, 1.0), text=f"{run.doing} …")
