using Bolt.Kernel;
using Tmds.DBus.Protocol;

namespace Bolt.Capsules;

/// <summary>The bus of this user's systemd. Root of a user namespace is, to a bus, the user that the host knows.</summary>
internal sealed class SystemdBus(string address, uint uid) : DBusConnectionOptions
{
    /// <summary>Where this user's systemd listens: root's is the system's (systemd.special(7), user@.service). Null: it does not.</summary>
    public static string? Find()
    {
        var uid = HostUid();
        var (systemd, bus) = uid == 0
            ? ("/run/systemd/system", "/run/dbus/system_bus_socket")
            : ($"/run/user/{uid}/systemd/private", $"/run/user/{uid}/bus");
        return Path.Exists(systemd) && Path.Exists(bus) ? bus : null;
    }

    public static async Task<DBusConnection> ConnectAsync(string socket, CancellationToken cancellationToken)
    {
        var connection = new DBusConnection(new SystemdBus($"unix:path={socket}", HostUid()));
        try
        {
            await connection.ConnectAsync().AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    protected override ValueTask<SetupResult> SetupAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult(new SetupResult(address) { UserId = uid.ToString(System.Globalization.CultureInfo.InvariantCulture) });

    // user_namespaces(7): "inner outer count".
    private static uint HostUid()
    {
        var own = Sys.EffectiveUid();
        foreach (var line in HostFacts.ReadLines("/proc/self/uid_map").Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
            if (line.Length == 3 && uint.TryParse(line[0], out var inner) && uint.TryParse(line[1], out var outer) && uint.TryParse(line[2], out var count)
                && own >= inner && own - inner < count)
                return outer + (own - inner);
        return own;
    }
}
