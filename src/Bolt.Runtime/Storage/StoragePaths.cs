namespace Bolt.Storage;

/// <summary>
/// Where things are kept. Every thing has a folder of its own with its spec, its hash and a done mark, written beside and
/// renamed; there is no central state file.
/// </summary>
/// <param name="State">Survives reboots: blobs/, trees/, images/, volumes/, templates/. /var/lib/bolt or ~/.local/share/bolt.</param>
/// <param name="Run">Gone after a reboot: stacks/ID/ with sockets, locks and logs. /run/bolt or $XDG_RUNTIME_DIR/bolt.</param>
/// <param name="Cache">May be deleted at any time: archive indexes, downloads. /var/cache/bolt or ~/.cache/bolt.</param>
internal sealed record StoragePaths(string State, string Run, string Cache);
