# The image runs the sources as they are: Node strips the types, there is no build step.
FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json ./
COPY src ./src
# What `stepwise lint` reads the structure of objects from.
COPY manifests/install/crds-argo ./manifests/install/crds-argo
RUN rm -rf src/sandbox
# Runs with a read-only root: the only folder it writes is DATA_DIR, and that only without Redis.
USER 65532:65532
EXPOSE 8080 3000
# Left to itself the heap grows to several times what lives in it: a turn leaves much garbage and keeps little.
CMD ["node", "--max-semi-space-size=16", "--heap-growing-percent=50", "src/main.ts"]
