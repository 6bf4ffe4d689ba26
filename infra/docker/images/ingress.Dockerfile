# The ingress: HAProxy with our configuration, which is the same for any number of producers.
ARG HAPROXY_IMAGE=haproxy:3.0
FROM ${HAPROXY_IMAGE}
COPY haproxy.cfg certificate.lua /usr/local/etc/haproxy/

# scripts/teardown-infra.sh --images finds the image by this label when a newer one has its name.
ARG PLATFORM
LABEL av-telemetry.image-of=${PLATFORM}
