# syntax=docker/dockerfile:1
# Three images from one build: web and vitaran (nothing but the program), and worker (which
# prints PDFs and so needs Python, Pango and fonts). None of them runs as root.

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
# One command for all three, so that shared crates are compiled once, with one set of features;
# and these packages alone, for the tests' package would switch the test kit on.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked -p vitaran-web -p vitaran-worker -p vitaran-ops \
        --bin web --bin worker --bin vitaran \
    && mkdir -p /out/files /out/mail \
    && cp target/release/web target/release/worker target/release/vitaran /out/

# ---- web: the only one that the outside reaches -------------------------------------------
FROM gcr.io/distroless/cc-debian12:nonroot AS web
COPY --from=build /out/web /usr/local/bin/web
# A named volume takes its owner from here, the first time it is mounted.
COPY --from=build --chown=65532:65532 /out/files /var/lib/vitaran/files
ENV BIND=0.0.0.0:8080 FILES_DIR=/var/lib/vitaran/files LOG_FORMAT=json
EXPOSE 8080
ENTRYPOINT ["/usr/local/bin/web"]
CMD ["serve"]

# ---- vitaran: migrate, seed, tenant create … ----------------------------------------------
FROM gcr.io/distroless/cc-debian12:nonroot AS vitaran
COPY --from=build /out/vitaran /usr/local/bin/vitaran
ENTRYPOINT ["/usr/local/bin/vitaran"]
CMD ["--help"]

# ---- worker -------------------------------------------------------------------------------
FROM debian:bookworm-slim AS worker
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        ca-certificates fontconfig fonts-noto-core libharfbuzz-subset0 libharfbuzz0b \
        libpango-1.0-0 libpangoft2-1.0-0 python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
COPY bin/requirements/renderer.txt /tmp/renderer.txt
RUN python3 -m venv /opt/renderer \
    && /opt/renderer/bin/pip install --no-cache-dir --no-deps -r /tmp/renderer.txt \
    && /opt/renderer/bin/pip check \
    && /opt/renderer/bin/python -I -c 'import weasyprint' \
    && rm /tmp/renderer.txt
COPY --from=build /out/worker /usr/local/bin/worker
COPY --from=build --chown=65532:65532 /out/files /var/lib/vitaran/files
COPY --from=build --chown=65532:65532 /out/mail /var/lib/vitaran/mail
ENV WEASYPRINT_PYTHON=/opt/renderer/bin/python \
    FILES_DIR=/var/lib/vitaran/files MAIL_DIR=/var/lib/vitaran/mail LOG_FORMAT=json
# The same number as distroless' "nonroot": web and worker share their files.
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/worker"]
CMD ["run"]
