# The newest long-term release of Node.js that the native server library has a build for.
ARG NODE_IMAGE=node:24-trixie-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY .npmrc package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY schemas schemas
COPY src src
RUN npm run build && npm prune --omit=dev --omit=optional --ignore-scripts
# The library brings builds for every platform and Node.js release; the image needs one.
RUN abi="$(node -p process.versions.modules)" \
    && find node_modules/uWebSockets.js -name 'uws_*.node' ! -name "uws_linux_*_${abi}.node" -delete \
    && node --input-type=module --eval "await import('uWebSockets.js')"

FROM ${NODE_IMAGE}
WORKDIR /app
RUN install --directory --owner=1000 --group=1000 --mode=0700 /var/lib/ticker
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/schemas schemas
COPY --from=build /app/package.json /app/LICENSE ./
ENV NODE_ENV=production \
    TICKER_ENV=production \
    TICKER_BIND=0.0.0.0 \
    TICKER_DATA_DIR=/var/lib/ticker
VOLUME /var/lib/ticker
USER 1000:1000
EXPOSE 8080 8081
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["node", "--eval", "fetch('http://127.0.0.1:' + (process.env.TICKER_ROLE === 'orders' ? process.env.TICKER_ORDERS_PORT ?? 8081 : process.env.TICKER_MARKET_PORT ?? 8080) + '/livez').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# The service handles SIGTERM itself, also as process 1; `docker run --init` adds a reaper for orphans.
ENTRYPOINT ["node", "dist/src/main.js"]
CMD ["serve"]
