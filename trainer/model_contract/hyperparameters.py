"""The hyperparameters of each model type: names, bounds and defaults.

Users write them as strings under `spec.training.hyperparameters`. The operator checks them before it starts a Job, the
trainer before it reads data; both call `validate_hyperparameters`. Thresholds are those of Hundman et al., KDD 2018;
networks are fitted on sequences, at a twentieth of the published cost, unless the preset says `Paper`.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from model_contract.task import ModelType

FORECAST: Final = "forecast"  # what KPIs, comparisons and the promotion gate judge
LEVEL: Final = "level"  # the value itself, without the last one added
RIDGE_AR: Final = "ridge_ar"  # the linear forecast from the signal's own past
RIDGE_ARX: Final = "ridge_arx"  # the linear forecast from the past of all columns


class _Hyperparameters(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Aggregation(StrEnum):
    """Which forecast of a row gives its error, where several steps have forecast it."""

    FIRST = "First"  # the newest one, a row ahead
    MEAN = "Mean"  # the mean of all


class Thresholding(_Hyperparameters):
    """Smoothed errors and nonparametric dynamic thresholds (Hundman et al., section 3.2 and 3.3)."""

    aggregation: Annotated[
        Aggregation,
        Field(
            description="Forecast of a row that anomalies are judged by: First, the one made a row ahead, as published;"
            " or Mean, the mean of those made up to n_predictions rows ahead."
        ),
    ] = Aggregation.FIRST
    window_batches: Annotated[
        int, Field(ge=2, le=1000, description="Length of the error window that gives a threshold, in judged batches.")
    ] = 30
    judged_rows: Annotated[
        int, Field(ge=10, le=10_000, description="Rows that one threshold judges: the newest of its window.")
    ] = 70
    smoothing: Annotated[
        float, Field(gt=0, le=1, description="Span of the smoothing, as a share of the error window.")
    ] = 0.05
    error_buffer: Annotated[
        int, Field(ge=0, le=10_000, description="Rows beside a high error that belong to the same anomaly.")
    ] = 100
    pruning: Annotated[
        float, Field(ge=0, lt=1, description="Least relative fall between sorted anomaly peaks; p in the paper.")
    ] = 0.13
    naive_pruning: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="The same for errors of the naive forecast, whose anomalies are added; 1: none are added.",
        ),
    ] = 0.13


class Fitting(_Hyperparameters):
    """How a network is fitted, the same for every network."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}  # by name, what differs from the defaults

    epochs: Annotated[int, Field(ge=1, le=1000, description="Most passes over the training rows.")] = 60
    batch_size: Annotated[int, Field(ge=1, le=1024, description="Sequences per step of the optimizer.")] = 8
    learning_rate: Annotated[float, Field(gt=0, le=1, description="Of Adam.")] = 2e-3
    patience: Annotated[int, Field(ge=1, le=1000, description="Epochs without progress before fitting ends.")] = 10
    averaged_epochs: Annotated[
        int,
        Field(ge=1, le=100, description="Newest epochs whose weights are averaged, half of all at most; 1: the last."),
    ] = 15
    min_delta: Annotated[
        float, Field(ge=0, le=1, description="Least fall of the validation loss that counts as progress.")
    ] = 3e-4
    sequence_length: Annotated[int, Field(ge=16, le=4096, description="Rows of one sequence.")] = 300
    hop: Annotated[int, Field(ge=1, le=4096, description="Rows from one sequence to the next.")] = 50
    windowed: Annotated[
        bool, Field(description="Only the last step of a sequence is fitted, as published; false: every step is.")
    ] = False
    n_predictions: Annotated[int, Field(ge=1, le=100, description="Rows that are forecast at every step.")] = 1
    residual: Annotated[
        bool, Field(description="Forecast the change from the last value; false: the value itself, as published.")
    ] = True

    @property
    def quantiles(self) -> tuple[float, ...]:
        """Rising probabilities whose quantiles are forecast, the median in the middle; none: the mean is forecast."""
        return ()

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of what is forecast beside each other; none: one forecast, or quantiles."""
        return ()

    @model_validator(mode="before")
    @classmethod
    def _fill_in_preset(cls, given: Any) -> Any:
        return {**cls.presets.get(given.get("preset", ""), {}), **given} if isinstance(given, dict) else given

    @model_validator(mode="after")
    def _sequences_overlap(self) -> Self:
        if self.hop > self.sequence_length:
            raise ValueError(f"hop ({self.hop}) must not exceed sequence_length ({self.sequence_length})")
        return self


class TelemanomPreset(StrEnum):
    """Ways to fit an LSTM that were tried as a whole."""

    FAST = "Fast"  # the defaults
    PAPER = "Paper"  # as published: the same network, fitted on windows


class TelemanomHyperparameters(Fitting, Thresholding):
    """The LSTM forecaster."""

    presets = {
        TelemanomPreset.PAPER: {
            "windowed": True,
            "sequence_length": 250,
            "hop": 1,
            "n_predictions": 10,
            "residual": False,
            "naive_pruning": 1,
            "batch_size": 64,
            "epochs": 35,
            "averaged_epochs": 1,
            "learning_rate": 1e-3,
        }
    }
    preset: Annotated[
        TelemanomPreset,
        Field(
            description="Fast, the defaults; or Paper, as published: windows of 250 rows, ten rows ahead, one forecast"
            " and its anomalies alone. What is given besides wins."
        ),
    ] = TelemanomPreset.FAST
    epochs: Annotated[int, Field(ge=1, le=1000, description="Most passes over the training rows.")] = 30
    layers: Annotated[int, Field(ge=1, le=8, description="LSTM layers.")] = 2
    units: Annotated[int, Field(ge=1, le=1024, description="Units of each LSTM layer.")] = 80
    dropout: Annotated[float, Field(ge=0, lt=1, description="After each layer.")] = 0.3

    @property
    def outputs(self) -> tuple[str, ...]:
        """With `residual` there are the network's two forecasts and two linear ones; all judge anomalies."""
        return (FORECAST, LEVEL, RIDGE_AR, RIDGE_ARX) if self.residual else ()


class TransformerPreset(StrEnum):
    """Sizes of the transformer that were tried as a whole."""

    SMALL = "Small"  # the defaults
    LARGE = "Large"  # the size that is usual in class libraries: more weights than a short telemetry can teach


class TransformerHyperparameters(Fitting, Thresholding):
    """The causal transformer forecaster, which forecasts quantiles."""

    presets = {TransformerPreset.LARGE: {"units": 128, "heads": 8, "layers": 4, "learning_rate": 5e-4}}
    preset: Annotated[
        TransformerPreset,
        Field(
            description="Small, the defaults; or Large: 128 units, 8 heads, 4 layers, a learning rate of 0.0005. "
            "What is given besides wins."
        ),
    ] = TransformerPreset.SMALL
    batch_size: Annotated[int, Field(ge=1, le=1024, description="Sequences per step of the optimizer.")] = 4
    sequence_length: Annotated[
        int, Field(ge=16, le=4096, description="Rows of one sequence: the most that a forecast was fitted to look at.")
    ] = 168
    n_predictions: Annotated[int, Field(ge=1, le=100, description="Rows that are forecast at every step.")] = 24
    coverage: Annotated[
        float,
        Field(ge=0.5, le=0.99, description="Share of readings that the interval around a forecast should hold."),
    ] = 0.9
    layers: Annotated[int, Field(ge=1, le=8, description="Attention blocks.")] = 2
    units: Annotated[int, Field(ge=4, le=1024, description="Width of the model; a multiple of heads.")] = 64
    heads: Annotated[int, Field(ge=1, le=16, description="Attention heads of each block.")] = 4
    dropout: Annotated[float, Field(ge=0, lt=1, description="After attention and feed-forward layers.")] = 0.1

    @property
    def quantiles(self) -> tuple[float, ...]:
        """The lower bound of the interval, the median, the upper bound."""
        outside = (1 - self.coverage) / 2
        return (round(outside, 6), 0.5, round(1 - outside, 6))

    @model_validator(mode="after")
    def _heads_divide_units(self) -> Self:
        if self.units % self.heads:
            raise ValueError(f"units ({self.units}) must be a multiple of heads ({self.heads})")
        return self


HyperParameters = TelemanomHyperparameters | TransformerHyperparameters

_SCHEMAS: dict[ModelType, type[TelemanomHyperparameters] | type[TransformerHyperparameters]] = {
    ModelType.TELEMANOM: TelemanomHyperparameters,
    ModelType.TRANSFORMER: TransformerHyperparameters,
}


def hyperparameter_names(model_type: ModelType) -> tuple[str, ...]:
    """The names that a model type knows, in alphabetical order."""
    return tuple(sorted(_SCHEMAS[model_type].model_fields))


def validate_hyperparameters(model_type: ModelType, given: dict[str, str]) -> HyperParameters:
    """The complete hyperparameters of a model type: those given, and defaults for the others.

    Raises:
        ValueError: a name is unknown or a value is out of bounds; the message names each, and the names that are known.
    """
    try:
        return _SCHEMAS[model_type].model_validate(given)
    except ValidationError as error:
        problems = "; ".join(_problem(model_type, detail) for detail in error.errors())
        raise ValueError(problems) from None


def _problem(model_type: ModelType, detail: Any) -> str:
    name = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "extra_forbidden":
        known = ", ".join(hyperparameter_names(model_type))
        return f"{name}: {model_type} has no such hyperparameter; it has {known}"
    message = detail["msg"].removeprefix("Value error, ")
    return f"{name}: {message}, found {detail['input']!r}" if name else message
