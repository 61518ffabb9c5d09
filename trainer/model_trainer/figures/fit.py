"""How a fit went: the losses of its epochs."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.ticker import LogLocator, MaxNLocator, StrMethodFormatter

from model_trainer.figures.drawing import BLUE, VERMILLION, new_figure, plain, save_with_legend


@dataclass(frozen=True)
class Epoch:
    """The losses of one epoch, on scaled values."""

    number: int
    train_loss: float
    validation_loss: float


def draw_losses(path: Path, subject: str, epochs: list[Epoch]) -> None:
    """The losses of every epoch, and the one whose weights were kept."""
    figure = new_figure(f"{subject}: loss per epoch")
    axes = plain(figure.subplots())
    numbers = [epoch.number for epoch in epochs]
    axes.plot(numbers, [epoch.train_loss for epoch in epochs], color=BLUE, label="train")
    validation = [epoch.validation_loss for epoch in epochs]
    axes.plot(numbers, validation, color=VERMILLION, linestyle="--", label="validation")
    best = int(np.argmin(validation))
    axes.plot(
        numbers[best], validation[best], color=VERMILLION, marker="o", linestyle="none", label="lowest validation"
    )
    axes.set_xlabel("epoch")
    axes.set_ylabel("loss on scaled values")
    if any(epoch.train_loss > 0 or epoch.validation_loss > 0 for epoch in epochs):  # a constant is fitted without loss
        axes.set_yscale("log")
        axes.set_ylabel("loss on scaled values (log)")
        axes.yaxis.set_minor_locator(LogLocator(subs=(2.0, 5.0)))
        axes.yaxis.set_minor_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    save_with_legend(figure, path)
