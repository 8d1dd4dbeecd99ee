using System.Collections.Immutable;
using Bolt.Packages;

namespace Bolt.Builds;

/// <summary>What is run over unpacked packages: `sh -c TEXT configure PACKAGE…`, with SOURCE_DATE_EPOCH and ARCHITECTURE.</summary>
internal static class ConfigureScript
{
    /// <summary>What the scripts of others presume before the package that makes it is configured.</summary>
    public static ImmutableArray<LayerEntry> Links { get; } = [new LayerEntry.Link("/usr/bin/sh", "dash"), new LayerEntry.Link("/usr/bin/awk", "mawk")];

    /// <summary>
    /// Services are not started (policy-rc.d, invoke-rc.d(8)). What would be a secret of all machines is taken away, and what no
    /// two runs have alike: logs, caches with times, the day of a password's change.
    /// </summary>
    public const string Text = """
        set -eu
        umask 022
        cd /
        printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
        chmod 755 /usr/sbin/policy-rc.d
        # The recipe has users of its own already, so base-passwd would not write Debian's.
        for file in passwd group; do
          awk -F: 'NR == FNR { print; names[$1]; ids[$3]; next } !($1 in names) && !($3 in ids)' /etc/$file /usr/share/base-passwd/$file.master >/etc/$file.all
          cat /etc/$file.all >/etc/$file
          rm /etc/$file.all
        done
        export DPKG_MAINTSCRIPT_ARCH="$ARCHITECTURE" DPKG_MAINTSCRIPT_NAME=preinst DPKG_ADMINDIR=/var/lib/dpkg DPKG_ROOT=
        export DPKG_RUNNING_VERSION="$(dpkg-query --version | sed -n '1s/.*version \([0-9.]*\).*/\1/p')"
        for package in "$@"; do
          for script in "/var/lib/dpkg/info/$package.preinst" "/var/lib/dpkg/info/$package:$ARCHITECTURE.preinst"; do
            [ -e "$script" ] || continue
            DPKG_MAINTSCRIPT_PACKAGE=$package "$script" install </dev/null || {
              code=$?
              echo "the script preinst of $package ended with code $code" >&2
              exit 1
            }
          done
        done
        unset DPKG_MAINTSCRIPT_ARCH DPKG_MAINTSCRIPT_NAME DPKG_ADMINDIR DPKG_ROOT DPKG_RUNNING_VERSION
        dpkg --force-depends --force-confold --configure -a </dev/null
        rm -f /usr/sbin/policy-rc.d
        rm -f /var/log/dpkg.log /var/log/alternatives.log /var/log/fontconfig.log /var/cache/ldconfig/aux-cache
        rm -f /var/cache/debconf/*-old /var/lib/dpkg/*-old /etc/passwd- /etc/group- /etc/shadow- /etc/gshadow- /etc/subuid- /etc/subgid-
        rm -f /var/lib/dpkg/lock /var/lib/dpkg/lock-frontend /var/lib/dpkg/triggers/Lock /etc/.pwd.lock /var/lib/systemd/random-seed
        rm -f /etc/ssl/private/ssl-cert-snakeoil.key /etc/ssh/ssh_host_*
        if [ -e /etc/ssl/certs/ssl-cert-snakeoil.pem ]; then
          for link in /etc/ssl/certs/*; do
            [ "$(readlink "$link")" != ssl-cert-snakeoil.pem ] || rm -f "$link"
          done
          rm -f /etc/ssl/certs/ssl-cert-snakeoil.pem
        fi
        rm -rf /var/lib/postgresql/*/main /etc/postgresql/*/main /var/lib/mysql/* /var/lib/rabbitmq/.erlang.cookie
        if [ -e /etc/machine-id ]; then
          : >/etc/machine-id
          rm -f /var/lib/dbus/machine-id
        fi
        for file in /etc/shadow; do
          [ ! -e "$file" ] || sed -i "s/^\\([^:]*:[^:]*:\\)[0-9][0-9]*:/\\1$((SOURCE_DATE_EPOCH / 86400)):/" "$file"
        done
        rm -rf /tmp/* /var/tmp/*
        """;
}
