# The S3 server: versitygw on the base image of our services, which has a shell for the health check.
ARG VERSITYGW_IMAGE=versity/versitygw:v1.8.0
ARG NODE_IMAGE=node:24-slim
FROM ${VERSITYGW_IMAGE} AS versitygw

FROM ${NODE_IMAGE}
COPY --from=versitygw /usr/local/bin/versitygw /usr/local/bin/versitygw
# A new volume takes over owner and permissions of the folder on which it is mounted.
RUN mkdir -p /data && chown 10001:10001 /data && chmod 0700 /data && versitygw --version
USER 10001:10001

# scripts/teardown-infra.sh --images finds the image by this label when a newer one has its name.
ARG PLATFORM
LABEL av-telemetry.image-of=${PLATFORM}
