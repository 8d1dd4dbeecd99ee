# check=skip=MaintainerDeprecated
FROM python:3.13-slim
MAINTAINER ops@example.com
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
ENV PYTHONDONTWRITEBYTECODE=1 PATH="/venv/bin:${PATH}" GREETING='single $quoted' ESCAPED=a\ b
RUN <<EOF
python -m venv /venv
pip install --no-cache-dir gunicorn
EOF
RUN <<-"PY" python3 && echo "a second heredoc" && cat <<A <<B
	print("$not expanded")
	PY
one
A
two
B
COPY <<nginx.conf <<'literal.txt' /etc/app/
listen ${PORT:-8000};
nginx.conf
${PORT} stays
literal.txt
RUN --network=none --mount=type=bind,source=requirements.txt,target=/tmp/requirements.txt \
    --mount=type=tmpfs,target=/scratch,size=64m \
    # a comment in between

    pip install -r /tmp/requirements.txt
LABEL org.opencontainers.image.title="App of many words" "quoted key"=1
VOLUME ["/data", "/cache"]
VOLUME /logs
CMD exec gunicorn app:app
