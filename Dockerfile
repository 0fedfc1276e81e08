# The gateway as a container: no compiler, no package installer, no shell needed, nothing written.
# deploy/try-dockerfile.sh takes the same steps where there is no container engine.
#
#   docker build --tag dancu .
#   docker run --read-only --cap-drop=ALL --security-opt=no-new-privileges --env-file=… dancu

# A build that must be repeatable to the byte names the image by digest: --build-arg PYTHON_IMAGE=python@sha256:…
ARG PYTHON_IMAGE=python:3.13-slim-bookworm

FROM ${PYTHON_IMAGE} AS builder
WORKDIR /build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1

# The libraries first: they change less often than the gateway. Wheels only, so nothing is compiled.
COPY requirements-runtime.lock ./
RUN python -m venv --without-pip /opt/dancu \
    && python -m pip --python /opt/dancu/bin/python install --no-cache-dir --only-binary=:all: \
        --require-hashes --requirement requirements-runtime.lock

# The build's own tools live in a folder of their own and stay in this stage.
COPY deploy/requirements-build.lock deploy/
RUN python -m venv --without-pip /build/tools \
    && python -m pip --python /build/tools/bin/python install --no-cache-dir --only-binary=:all: \
        --require-hashes --requirement deploy/requirements-build.lock

COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY adapters adapters
COPY migrations migrations
COPY mock_c06 mock_c06
RUN /build/tools/bin/hatchling build --target wheel --directory /build/dist \
    && python -m pip --python /opt/dancu/bin/python install --no-cache-dir --no-deps --no-index \
        --find-links /build/dist dancu==0.1.0 \
    && python -m pip --python /opt/dancu/bin/python check


FROM ${PYTHON_IMAGE}
ARG REVISION=unknown
LABEL org.opencontainers.image.title="dancu" \
    org.opencontainers.image.description="Residence-lookup gateway between one-stop software and Vietnam's National Population Database" \
    org.opencontainers.image.version="0.1.0" \
    org.opencontainers.image.revision="${REVISION}" \
    org.opencontainers.image.licenses="Apache-2.0"

COPY --from=builder /opt/dancu /opt/dancu

# Installing has compiled everything, so a read-only root file system costs no start-up time.
ENV PATH=/opt/dancu/bin:$PATH \
    HOME=/nonexistent \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

WORKDIR /opt/dancu
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM

# /livez and not /readyz: what a container engine does to an unhealthy container is end it, and a database or
# audit out of reach is not mended by that; /readyz is for the load balancer. Proxies of the environment are
# not asked: a health check that leaves the machine would report the proxy's health.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.build_opener(r.ProxyHandler({})).open('http://127.0.0.1:' + os.environ.get('DANCU_PORT', '8080') + '/livez', timeout=3)"]

ENTRYPOINT ["dancu"]
CMD ["serve", "--host", "0.0.0.0"]
