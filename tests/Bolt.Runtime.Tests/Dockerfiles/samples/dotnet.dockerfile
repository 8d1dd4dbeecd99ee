# syntax=docker/dockerfile:1.7
# The usual shape of an ASP.NET Core service.
ARG DOTNET_VERSION=10.0
FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:${DOTNET_VERSION}-noble AS build
ARG TARGETARCH
ARG BUILD_CONFIGURATION=Release
WORKDIR /src
COPY --link ["src/Api/Api.csproj", "src/Api/"]
COPY --link Directory.*.props nuget.config ./
RUN --mount=type=cache,id=nuget,target=/root/.nuget/packages,sharing=locked \
    --mount=type=secret,id=nuget_token,env=NUGET_TOKEN \
    dotnet restore "src/Api/Api.csproj" -a $TARGETARCH
COPY . .
RUN dotnet publish src/Api/Api.csproj -c ${BUILD_CONFIGURATION} --no-restore -o /app

FROM mcr.microsoft.com/dotnet/aspnet:${DOTNET_VERSION}-noble-chiseled AS final
WORKDIR /app
EXPOSE 8080/tcp
ENV ASPNETCORE_HTTP_PORTS=8080 \
    DOTNET_gcServer="1"
COPY --from=build --chown=$APP_UID:$APP_UID /app .
USER $APP_UID
ENTRYPOINT ["./Api"]
