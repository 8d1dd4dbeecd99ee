RUN too early
FORM debian
FROM debian AS 9lives
FROM debian AS one
FROM debian AS one
FROM
COPY lonely
COPY a b /dest
COPY --form=build a /b
COPY --chown=1 --chown=2 a /b
ADD https://github.com/owner/repo.git /src
ENV NAME=value broken
ENV ONLY
ENV OPEN="not closed
ENV A=${B:*c} C=${unfinished
LABEL
ARG
EXPOSE 80 99999 web
SHELL /bin/bash -c
HEALTHCHECK --interval=often CMD true
HEALTHCHECK curl
ONBUILD FROM debian
RUN --mount=type=cash,target=/x true
RUN --mount=type=cache true
RUN --mount=type=cache,target=/x,sharing=alone,siz=3 true
RUN --mount=type=secret true
RUN --network=host true
RUN --security=insecure true
RUN --mount=type=bind,source=a,target=${x true
RUN first line && \
    second line --wrong && \
    $(third)
WORKDIR
USER
RUN
COPY <<EOF /x
this text never ends
