"""The schema of hyperparameters, which operator and trainer share."""

import pytest

from model_contract.hyperparameters import (
    TelemanomHyperparameters,
    TransformerHyperparameters,
    hyperparameter_names,
    validate_hyperparameters,
)
from model_contract.task import ModelType

TELEMANOM, TRANSFORMER = ModelType.TELEMANOM, ModelType.TRANSFORMER


def test_nothing_given_is_the_default() -> None:
    assert validate_hyperparameters(TELEMANOM, {}) == TelemanomHyperparameters()
    assert validate_hyperparameters(TRANSFORMER, {}) == TransformerHyperparameters()


def test_text_becomes_numbers() -> None:
    given = {"epochs": "35", "learning_rate": "1e-3", "residual": "false"}

    hyperparameters = validate_hyperparameters(TELEMANOM, given)

    assert (hyperparameters.epochs, hyperparameters.learning_rate, hyperparameters.residual) == (35, 0.001, False)


REFUSED = [
    pytest.param({"epoch": "3"}, r"epoch: Telemanom has no such hyperparameter; it has .*epochs", id="an unknown name"),
    pytest.param({"heads": "4"}, r"heads: Telemanom has no such", id="a name of another model type"),
    pytest.param({"epochs": "many"}, r"epochs: .*integer.*found 'many'", id="text for a number"),
    pytest.param({"epochs": "2.5"}, r"epochs: .*found '2.5'", id="a fraction for an integer"),
    pytest.param({"epochs": "0"}, r"epochs: .*greater than or equal to 1.*found '0'", id="no epoch"),
    pytest.param({"dropout": "1"}, r"dropout: .*less than 1", id="everything dropped"),
    pytest.param({"learning_rate": "0"}, r"learning_rate: .*greater than 0", id="no learning rate"),
    pytest.param({"learning_rate": "nan"}, r"learning_rate: .*finite", id="not a number"),
    pytest.param(
        {"hop": "301"}, r"hop \(301\) must not exceed sequence_length \(300\)", id="rows that no sequence covers"
    ),
    pytest.param({"epochs": "0", "units": "-1"}, r"epochs: .*units: ", id="every mistake is named"),
]


@pytest.mark.parametrize(("given", "message"), REFUSED)
def test_mistakes_are_refused_by_name(given: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        validate_hyperparameters(TELEMANOM, given)


def test_heads_must_divide_units() -> None:
    with pytest.raises(ValueError, match=r"units \(64\) must be a multiple of heads \(5\)"):
        validate_hyperparameters(TRANSFORMER, {"heads": "5"})


def test_a_transformer_looks_back_a_week_of_hours_and_forecasts_a_day() -> None:
    hyperparameters = validate_hyperparameters(TRANSFORMER, {})

    assert (hyperparameters.sequence_length, hyperparameters.n_predictions) == (168, 24)
    assert (hyperparameters.quantiles, TelemanomHyperparameters().quantiles) == ((0.05, 0.5, 0.95), ())


def test_a_preset_gives_what_is_not_given() -> None:
    large = validate_hyperparameters(TRANSFORMER, {"preset": "Large", "layers": "3"})

    assert isinstance(large, TransformerHyperparameters)
    assert (large.units, large.heads, large.layers, large.sequence_length) == (128, 8, 3, 168)
    assert validate_hyperparameters(TRANSFORMER, {"preset": "Small"}) == TransformerHyperparameters()


def test_the_paper_s_preset_is_as_published() -> None:
    """Hundman et al., KDD 2018, and the settings of their published program."""
    paper = validate_hyperparameters(TELEMANOM, {"preset": "Paper"})

    assert isinstance(paper, TelemanomHyperparameters)
    assert (paper.windowed, paper.sequence_length, paper.hop, paper.n_predictions) == (True, 250, 1, 10)
    assert (paper.layers, paper.units, paper.dropout) == (2, 80, 0.3)
    assert (paper.batch_size, paper.epochs, paper.patience, paper.min_delta) == (64, 35, 10, 3e-4)
    assert (paper.learning_rate, paper.averaged_epochs, paper.outputs) == (1e-3, 1, ())
    assert (paper.judged_rows, paper.window_batches, paper.smoothing, paper.error_buffer) == (70, 30, 0.05, 100)
    assert (paper.pruning, paper.naive_pruning, paper.aggregation) == (0.13, 1, "First")


def test_what_is_given_wins_over_the_paper_s_preset() -> None:
    paper = validate_hyperparameters(TELEMANOM, {"preset": "Paper", "epochs": "2", "naive_pruning": "0.13"})

    assert (paper.epochs, paper.naive_pruning, paper.sequence_length) == (2, 0.13, 250)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"preset": "Published"}, r"preset: .*'Fast' or 'Paper', found 'Published'"),
        ({"preset": "Large"}, r"preset: .*'Fast' or 'Paper', found 'Large'"),
        ({"preset": "Paper", "hop": "251"}, r"hop \(251\) must not exceed sequence_length \(250\)"),
        ({"aggregation": "Median"}, r"aggregation: .*'First' or 'Mean', found 'Median'"),
        ({"windowed": "often"}, r"windowed: .*boolean.*found 'often'"),
    ],
    ids=["an unknown preset", "one of another type", "a preset's sequences", "an unknown aggregation", "no boolean"],
)
def test_mistakes_about_presets_and_windows_are_refused_by_name(given: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        validate_hyperparameters(TELEMANOM, given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"preset": "Huge"}, r"preset: .*'Small' or 'Large', found 'Huge'"),
        ({"preset": "Large", "units": "100"}, r"units \(100\) must be a multiple of heads \(8\)"),
        ({"preset": "Large", "layers": "many"}, r"layers: .*integer.*found 'many'"),
        ({"coverage": "90"}, r"coverage: .*less than or equal to 0.99, found '90'"),
        ({"n_predictions": "0"}, r"n_predictions: .*greater than or equal to 1"),
    ],
    ids=["an unknown preset", "a preset's heads", "a mistake beside a preset", "percent", "no horizon"],
)
def test_mistakes_about_a_transformer_are_refused_by_name(given: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        validate_hyperparameters(TRANSFORMER, given)


@pytest.mark.parametrize("model_type", ModelType)
def test_every_name_has_a_description(model_type: ModelType) -> None:
    fields = type(validate_hyperparameters(model_type, {})).model_fields

    assert tuple(sorted(fields)) == hyperparameter_names(model_type)
    assert [name for name, field in fields.items() if not field.description] == []
