# Our services and the vehicle: one file of JavaScript on Node, bundled before the build, so that
# no compiler and no package manager's folder comes along.
ARG NODE_IMAGE=node:24-slim
FROM ${NODE_IMAGE}

# What these users own, volumes take over when they are first mounted: secrets, a vehicle's journal, roads.
RUN mkdir -p /data /run/secrets/owner /run/secrets/writer /run/secrets/reader /run/secrets/token \
    /run/secrets/dashboard-token /run/roads \
 && chown -R 10001:10001 /data /run/secrets /run/roads

WORKDIR /app
COPY . .
USER 10001:10001
ENV NODE_ENV=production
# kafkajs asks for negative timeouts, which Node 24 remarks on (and then uses 1 ms, as ever).
CMD ["node", "--enable-source-maps", "--disable-warning=TimeoutNegativeWarning", "main.mjs"]
