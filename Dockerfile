# Three images from one file, each with nothing that only another one needs:
#   --target operator   Kopf, no TensorFlow
#   --target trainer    TensorFlow, no Kopf; --build-arg TRAINER_REQUIREMENTS=trainer-gpu.txt for one with CUDA
#   --target mlflow     an MLflow server for first tries
# Dependencies are locked with hashes; to lock the base image, too, give PYTHON_IMAGE with its digest.
ARG PYTHON_IMAGE=docker.io/library/python:3.13-slim-bookworm

FROM ${PYTHON_IMAGE} AS tools
WORKDIR /source
COPY requirements/build.txt ./
RUN python3 -m venv /opt/tools \
    && /opt/tools/bin/pip install --no-cache-dir --require-hashes --requirement build.txt
# Pods have a read-only root file system, so bytecode is compiled here: importing TensorFlow would compile for half a
# minute in each Job. It is valid by itself, without a look at the time stamp of its source: layers are reproducible.
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 PYC_INVALIDATION_MODE=UNCHECKED_HASH

FROM tools AS application
COPY pyproject.toml README.md LICENSE ./
COPY operator ./operator
COPY trainer ./trainer
# By pip: uv would leave the time of the build beside the package.
RUN /opt/tools/bin/pip install --no-cache-dir --no-deps --no-build-isolation --no-compile --target /opt/application . \
    && /opt/tools/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/application

# Each environment without pip and without what nobody imports: tests of libraries, headers for compilers.
FROM tools AS operator-environment
COPY requirements/operator.txt ./
RUN python3 -m venv --without-pip /opt/environment \
    && /opt/tools/bin/uv pip sync --require-hashes --python /opt/environment/bin/python operator.txt \
    && /opt/tools/bin/uv pip check --python /opt/environment/bin/python \
    && find /opt/environment -depth -type d \( -name tests -o -name include \) -exec rm -r {} +

# TensorFlow's wheel carries a symbol table for debuggers (200 MB) and libclang (60 MB), which only its own build uses.
FROM tools AS trainer-environment
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends binutils && rm -rf /var/lib/apt/lists/*
ARG TRAINER_REQUIREMENTS=trainer.txt
COPY requirements/${TRAINER_REQUIREMENTS} ./
RUN python3 -m venv --without-pip /opt/environment \
    && /opt/tools/bin/uv pip sync --require-hashes --python /opt/environment/bin/python "${TRAINER_REQUIREMENTS}" \
    && /opt/tools/bin/uv pip check --python /opt/environment/bin/python \
    && find /opt/environment -depth -type d \( -name tests -o -name include -o -name clang \) -exec rm -r {} + \
    && find /opt/environment -name 'libtensorflow_cc.so*' -type f -exec strip --strip-unneeded {} +

FROM tools AS mlflow-environment
COPY requirements/mlflow.txt ./
RUN python3 -m venv --without-pip /opt/environment \
    && /opt/tools/bin/uv pip sync --require-hashes --python /opt/environment/bin/python mlflow.txt \
    && /opt/tools/bin/uv pip check --python /opt/environment/bin/python \
    && find /opt/environment -depth -type d \( -name tests -o -name include \) -exec rm -r {} +

# What the images have in common: a user by number only, who has no name, and no writing of bytecode.
FROM ${PYTHON_IMAGE} AS base
ENV PATH=/opt/environment/bin:${PATH} PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001:10001

FROM base AS operator
COPY --from=operator-environment /opt/environment /opt/environment
COPY --from=application /opt/application /opt/application
ENV PYTHONPATH=/opt/application
ENTRYPOINT ["python", "-m", "model_operator"]
ARG VERSION=0.0.0 REVISION=unknown SOURCE=unknown
LABEL org.opencontainers.image.title="sensor-model-operator" \
      org.opencontainers.image.description="Keeps the machine-learning models of IoT sensors fresh" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}"

FROM base AS trainer
COPY --from=trainer-environment /opt/environment /opt/environment
COPY --from=application /opt/application /opt/application
ENV PYTHONPATH=/opt/application
ENTRYPOINT ["python", "-m", "model_trainer"]
ARG VERSION=0.0.0 REVISION=unknown SOURCE=unknown
ENV SENSORMODEL_REVISION=${REVISION}
LABEL org.opencontainers.image.title="sensor-model-trainer" \
      org.opencontainers.image.description="Trains and scores the models of sensor-model-operator" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}"

FROM base AS mlflow
COPY --from=mlflow-environment /opt/environment /opt/environment
ENTRYPOINT ["mlflow"]
ARG VERSION=0.0.0 REVISION=unknown SOURCE=unknown
LABEL org.opencontainers.image.title="sensor-model-mlflow" \
      org.opencontainers.image.description="An MLflow server to try sensor-model-operator with" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}"
