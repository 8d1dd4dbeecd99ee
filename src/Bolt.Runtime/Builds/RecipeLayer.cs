using System.Collections.Immutable;
using System.Text;
using Bolt.Packages;

namespace Bolt.Builds;

/// <summary>What every recipe's layer has and leaves out, besides what the recipe says itself.</summary>
internal static class RecipeLayer
{
    // Read by people or by an init system, neither of which a capsule has. The licences stay.
    private static readonly string[] Pruned =
    [
        "/usr/share/doc", "/usr/share/man", "/usr/share/info", "/usr/share/lintian", "/usr/share/bug", "/usr/share/doc-base",
        "/usr/share/locale", "/usr/share/gtk-doc", "/usr/share/bash-completion", "/etc/init.d", "/etc/cron.d", "/etc/cron.daily",
        "/etc/logrotate.d", "/etc/default", "/usr/lib/systemd/system", "/usr/lib/systemd/user",
    ];

    // Some packages' doc folder is a link to another's.
    private static readonly string[] Kept = ["/usr/share/doc/*/copyright", "/usr/share/doc/*"];

    public static LayerExtras Extras(Recipe recipe) => new()
    {
        Prune = [.. Pruned, .. recipe.Prune],
        Keep = [.. Kept, .. recipe.Keep],
        Entries = [.. Skeleton(recipe), .. recipe.Entries],
    };

    private static IEnumerable<LayerEntry> Skeleton(Recipe recipe)
    {
        foreach (var path in new[] { "/dev", "/proc", "/sys", "/run", "/etc", "/usr/sbin" })
        {
            yield return Folder(path, 0x1ed);
        }
        yield return Folder("/root", 0x1c0);
        yield return Folder("/tmp", 0x3ff);
        yield return Folder("/var/tmp", 0x3ff);
        // Programs know their sockets by the old name; base-files makes the link in a script.
        yield return new LayerEntry.Link("/var/run", "/run");
        yield return File("/etc/passwd", string.Concat(recipe.Users.Select(u => $"{u.Name}:x:{u.Uid}:{u.Gid}:{u.Name}:{u.Home}:{u.Shell}\n")));
        yield return File("/etc/group", string.Concat(Groups(recipe).Select(g => $"{g.Name}:x:{g.Gid}:\n")));
        // Without it the C library asks DNS before /etc/hosts.
        yield return File("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n");
        // Mount points: the capsule's own are bound over them, also where the root is read-only.
        yield return File("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n");
        yield return File("/etc/hostname", "");
        yield return File("/etc/resolv.conf", "");
    }

    private static IEnumerable<(string Name, uint Gid)> Groups(Recipe recipe) => recipe.Users
        .Select(u => (Name: u.Name == "nobody" ? "nogroup" : u.Name, u.Gid))
        .DistinctBy(g => g.Gid)
        .OrderBy(g => g.Gid);

    private static LayerEntry.Folder Folder(string path, int mode) => new(path, 0, 0, mode);
    private static LayerEntry.File File(string path, string content) => new(path, 0, 0, 0x1a4, content);
}
