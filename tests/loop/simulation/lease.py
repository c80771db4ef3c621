"""The lease of the simulated environment: one writer, told by an epoch that only grows."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.lease import LeaseHeld, LeaseLost

TTL_S = 15.0


@dataclass(slots=True)
class SimulatedLease:
    """As the real one: it is lost by being taken, not by growing old."""

    epoch: int = 0
    holder: str = ""
    renewed: float = 0.0  # true time; a holder that runs renews it

    def acquire(self, who: str, now: float) -> int:
        """The new epoch. Raises LeaseHeld."""
        if self.holder and now - self.renewed < TTL_S:
            raise LeaseHeld(None)
        self.epoch, self.holder, self.renewed = self.epoch + 1, who, now
        return self.epoch

    def check(self, epoch: int) -> int:
        """The epoch, for one write that follows at once. Raises LeaseLost."""
        if epoch != self.epoch:
            raise LeaseLost("somebody took it")
        return epoch

    def release(self, epoch: int) -> None:
        """Let others have it, where it is still this holder's; his death does the same."""
        if epoch == self.epoch:
            self.holder = ""
