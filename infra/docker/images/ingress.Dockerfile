# The ingress: HAProxy with our configuration, which is the same for any number of producers.
ARG HAPROXY_IMAGE=haproxy:3.0
FROM ${HAPROXY_IMAGE}
COPY haproxy.cfg /usr/local/etc/haproxy/haproxy.cfg
