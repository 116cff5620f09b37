# syntax=docker/dockerfile:1
# sppp without PostgreSQL: DATABASE_URL or DATABASE_URL_FILE names the database.
#
#   docker build -t sppp-server .
#   docker build -t sppp-server --build-arg OMIT=dev .     # with the embedded PostgreSQL, 60 MB more
#   docker run --rm sppp-server --help

FROM node:22-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY prisma.config.ts rolldown.config.ts tsconfig.json tsconfig.build.json ./
COPY prisma prisma
COPY src src
RUN npm run build

FROM node:22-bookworm-slim AS packages
ARG OMIT="dev optional"
WORKDIR /packages
COPY package.json package-lock.json .npmrc ./
RUN for kind in $OMIT; do set -- "$@" --omit="$kind"; done; npm ci "$@"

FROM node:22-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY LICENSE package.json ./
COPY --from=packages /packages/node_modules node_modules
COPY wsdl wsdl
COPY prisma prisma
COPY examples examples
COPY --from=build /build/dist dist
# Other containers reach it. The start demands TLS, or SPPP_CLEARTEXT=allow behind a proxy that has it.
ENV SPPP_HOST=0.0.0.0
EXPOSE 8080
# The account `node` of the base image, as a number, so that Kubernetes can see that it is not root.
USER 1000:1000
# For `sppp serve` without TLS of its own; other containers have their own check, or none.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.SPPP_PORT || 8080}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/cli/sppp.js"]
CMD ["serve"]
