# Two images from one wheel: `--target operator` has no TensorFlow, `--target trainer` has no Kopf.
# Requirement files are locked with hashes; to pin the base image, too, pass PYTHON_IMAGE with its digest.
ARG PYTHON_IMAGE=docker.io/library/python:3.13-slim-bookworm

FROM ${PYTHON_IMAGE} AS wheel
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY operator ./operator
COPY trainer ./trainer
RUN python3 -m venv /build \
    && /build/bin/pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM wheel AS operator-environment
COPY requirements/operator.txt /requirements.txt
RUN python3 -m venv /opt/environment \
    && /opt/environment/bin/pip install --no-cache-dir --require-hashes --requirement /requirements.txt \
    && /opt/environment/bin/pip install --no-cache-dir --no-deps /wheels/*.whl \
    && /opt/environment/bin/pip check

FROM wheel AS trainer-environment
COPY requirements/trainer.txt /requirements.txt
RUN python3 -m venv /opt/environment \
    && /opt/environment/bin/pip install --no-cache-dir --require-hashes --requirement /requirements.txt \
    && /opt/environment/bin/pip install --no-cache-dir --no-deps /wheels/*.whl \
    && /opt/environment/bin/pip check

FROM ${PYTHON_IMAGE} AS operator
LABEL org.opencontainers.image.title="sensor-model-operator" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=operator-environment /opt/environment /opt/environment
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001:10001
ENTRYPOINT ["/opt/environment/bin/python", "-m", "model_operator"]

FROM ${PYTHON_IMAGE} AS trainer
LABEL org.opencontainers.image.title="sensor-model-trainer" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=trainer-environment /opt/environment /opt/environment
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001:10001
ENTRYPOINT ["/opt/environment/bin/python", "-m", "model_trainer"]
