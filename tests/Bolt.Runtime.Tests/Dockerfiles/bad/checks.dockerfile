# check=error=true
# escape=x
FROM debian
MAINTAINER me
ENV A b
RUN a \

  b
