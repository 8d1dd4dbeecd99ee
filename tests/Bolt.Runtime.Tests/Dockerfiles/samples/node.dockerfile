FROM node:22-bookworm-slim AS deps
WORKDIR /app
COPY package.json package-lock.json* ./
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev

FROM deps AS build
RUN --mount=type=cache,target=/root/.npm npm ci
COPY --exclude=**/*.test.js --exclude=docs . .
RUN npm run build   # the shell's comment

FROM node:22-bookworm-slim
ENV NODE_ENV production
WORKDIR /app
COPY --from=deps /app/node_modules ./node_modules
COPY --from=1 --chmod=755 /app/dist/ ./dist/
HEALTHCHECK --interval=30s --timeout=1m30s --start-period=5s --retries=3 \
  CMD node -e "fetch('http://127.0.0.1:3000/health').then(r => process.exit(r.ok ? 0 : 1))"
STOPSIGNAL SIGTERM
EXPOSE 3000 9229/tcp
USER node
CMD [ "node", "dist/server.js" ]
