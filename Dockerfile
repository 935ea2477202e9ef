# The control plane as an image: no shell of the build in it, no root, nothing that is written to.
#
#   docker build -t appmesh .
#   docker run --read-only -p 7070:7070 -p 18000:18000 -v appmesh:/data appmesh serve --data /data …
FROM node:24.21.0-trixie-slim AS build
WORKDIR /source
COPY . .
RUN npm ci && mkdir /packages /app \
  && npm pack --pack-destination /packages -w model -w control-plane
WORKDIR /app
RUN npm install --omit=dev --ignore-scripts --no-audit --no-fund /packages/*.tgz

# What redirects the traffic of pods, and of tasks on instances, before they start: sh and iptables, and nothing of ours.
#
#   docker build --target redirect -t appmesh-redirect .
FROM debian:13-slim AS redirect
RUN apt-get update && apt-get install -y --no-install-recommends iptables && rm -rf /var/lib/apt/lists/*

FROM node:24.21.0-alpine
ENV NODE_ENV=production
COPY --from=build /app /app
# Where a store in a folder can be mounted; with --table there is none.
RUN mkdir /data && chown node:node /data
USER node
WORKDIR /
# serve --metrics 127.0.0.1:9090 answers this. It asks whether the process is well, and not whether its table is.
HEALTHCHECK --interval=10s --timeout=5s --start-period=90s --retries=3 \
  CMD ["node", "-e", "fetch(\"http://127.0.0.1:9090/healthz\").then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/app/node_modules/.bin/appmesh"]
CMD ["serve"]
