# syntax=docker/dockerfile:1
# The image of a release. It contains the binaries built by goreleaser, the same as in the archives. Labels come from
# .goreleaser.yaml.
FROM --platform=$BUILDPLATFORM busybox:1.37 AS data
RUN mkdir -m 0700 /data

FROM gcr.io/distroless/static-debian12:nonroot
ARG TARGETPLATFORM
COPY ${TARGETPLATFORM}/bot-exporter /usr/bin/bot-exporter
COPY LICENSE deploy/THIRD_PARTY_LICENSES.txt /usr/share/doc/bot-exporter/
# A new volume inherits the owner of the directory that it covers.
COPY --from=data --chown=65532:65532 /data /data
USER 65532:65532
VOLUME /data
EXPOSE 9850
ENV BOT_EXPORTER_STORAGE_PATH=/data
ENTRYPOINT ["/usr/bin/bot-exporter"]
CMD ["serve"]
