# Our services and the vehicle: one bundled JavaScript file on Node. The bundle is made before the build, so
# the image contains no compiler and no node_modules.
ARG NODE_IMAGE=node:24-slim
FROM ${NODE_IMAGE}

# A new volume takes over owner and permissions of the folder on which it is mounted: secrets, a vehicle's
# journal, roads. Only our user can read the journal.
RUN mkdir -p /data /run/secrets/owner /run/secrets/writer /run/secrets/worker /run/secrets/operator /run/secrets/reader \
    /run/secrets/kafka /run/secrets/kafka-worker /run/secrets/zookeeper /run/secrets/proxy /run/secrets/gateway \
    /run/secrets/postgres-owner-key /run/secrets/postgres-writer-key /run/secrets/postgres-worker-key \
    /run/secrets/postgres-operator-key /run/secrets/postgres-reader-key /run/secrets/postgres-authority-key \
    /run/secrets/token /run/secrets/dashboard-token /run/secrets/clickhouse-token \
    /run/secrets/s3-access-key /run/secrets/s3-secret-key \
    /run/secrets/kafka-authority-key /run/secrets/kafka-username-key /run/secrets/kafka-password-key /run/roads \
 && chown -R 10001:10001 /data /run/secrets /run/roads \
 && chmod 0700 /data

WORKDIR /app
COPY . .
USER 10001:10001
ENV NODE_ENV=production
# kafkajs sets negative timeouts. Node 24 warns about them and uses 1 ms, as before.
CMD ["node", "--enable-source-maps", "--disable-warning=TimeoutNegativeWarning", "main.mjs"]

# scripts/teardown-infra.sh --images finds the image by this label when a newer one has its name.
ARG PLATFORM
LABEL av-telemetry.image-of=${PLATFORM}
