# The image brings Node itself, so the devDependency `node` and all other tools stay outside.
FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No package of the product needs an install script.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && npm cache clean --force

FROM node:24-slim
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    DATA_DIR=/data
WORKDIR /app
# The product belongs to root and is only read; the user `node` writes to /data alone.
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE schema.graphql openapi.yaml ./
COPY bin ./bin
COPY migrations ./migrations
COPY src ./src
RUN install -d -o node -g node -m 0700 /data \
 && ln -s /app/bin/kontor /usr/local/bin/kontor
USER node
VOLUME /data
EXPOSE 3000 2525
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/livez`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Node is process 1 and gets SIGTERM itself; no shell or npm stands between.
CMD ["node", "--import", "./bin/require-node-24.mjs", "--disable-proto=delete", "--max-semi-space-size=8", "--max-old-space-size=1024", "src/main.ts"]
