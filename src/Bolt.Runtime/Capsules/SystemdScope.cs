using System.Net.Sockets;
using Bolt.Diagnostics;
using Bolt.Kernel;
using Tmds.DBus.Protocol;

namespace Bolt.Capsules;

/// <summary>
/// A group of the unified hierarchy that systemd gives away (org.freedesktop.systemd1(5), StartTransientUnit; systemd's
/// CGROUP_DELEGATION). Under systemd the tree is its own: only so may root make groups in it, and only so can an ordinary
/// user move a process out of the session's group, which is not his.
/// </summary>
internal static class SystemdScope
{
    private const string Service = "org.freedesktop.systemd1";
    private const string Manager = "org.freedesktop.systemd1.Manager";
    private const string ManagerPath = "/org/freedesktop/systemd1";

    /// <summary>Socket of the bus where this user's systemd listens: root's is the system's (systemd.special(7), user@.service).</summary>
    public static string? FindBus()
    {
        var uid = Sys.EffectiveUid();
        var (systemd, bus) = uid == 0
            ? ("/run/systemd/system", "/run/dbus/system_bus_socket")
            : ($"/run/user/{uid}/systemd/private", $"/run/user/{uid}/bus");
        return Path.Exists(systemd) && Path.Exists(bus) ? bus : null;
    }

    /// <summary>
    /// Moves a process into a new scope, which systemd removes with its last process.
    /// Returns the scope's folder below /sys/fs/cgroup. Errors: BOLT9502.
    /// </summary>
    public static async Task<string> EnterAsync(string bus, int pid, string capsule, CancellationToken cancellationToken)
    {
        // The pid, because the scope of an ended capsule of that name may still be on its way out.
        var unit = $"bolt-{capsule}-{pid}.scope";
        try
        {
            using var connection = new DBusConnection($"unix:path={bus}");
            await connection.ConnectAsync().AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
            var result = await StartAsync(connection, unit, pid).WaitAsync(cancellationToken).ConfigureAwait(false);
            if (result != "done")
                throw new BoltException(CapsuleErrors.NoScope(capsule, $"its job ended with `{result}`"));
        }
        catch (Exception e) when (e is DBusExceptionBase or SocketException or IOException)
        {
            throw new BoltException(CapsuleErrors.NoScope(capsule, e.Message), e);
        }
        // "0::/user.slice/…/bolt-….scope"
        var group = HostFacts.ReadLines($"/proc/{pid}/cgroup").FirstOrDefault(line => line.StartsWith("0::", StringComparison.Ordinal))?[3..];
        return group?.EndsWith("/" + unit, StringComparison.Ordinal) == true
            ? "/sys/fs/cgroup" + group
            : throw new BoltException(CapsuleErrors.NoScope(capsule, "its process was not moved there"));
    }

    private static async Task<string> StartAsync(DBusConnection connection, string unit, int pid)
    {
        var ended = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var rule = new MatchRule { Type = MessageType.Signal, Sender = Service, Path = ManagerPath, Interface = Manager, Member = "JobRemoved" };
        Action<Notification<(string Unit, string Result)>> look = job =>
        {
            if (!job.HasValue)
                ended.TrySetException(job.CompletionReason);
            else if (job.Value.Unit == unit)
                ended.TrySetResult(job.Value.Result);
        };
        // JobRemoved(uint32 id, object job, string unit, string result), sent to those who subscribed.
        using var watch = await connection.AddMatchAsync(
            rule, static (message, _) => Read(message), look, emitOnCapturedContext: false,
            ObserverFlags.EmitOnConnectionFailed | ObserverFlags.EmitOnReaderFailed).ConfigureAwait(false);
        await connection.CallMethodAsync(Call(connection, "Subscribe")).ConfigureAwait(false);
        await connection.CallMethodAsync(StartTransientUnit(connection, unit, pid)).ConfigureAwait(false);
        return await ended.Task.ConfigureAwait(false);
    }

    private static (string Unit, string Result) Read(Message message)
    {
        var reader = message.GetBodyReader();
        reader.ReadUInt32();
        reader.ReadObjectPathAsString();
        return (reader.ReadString(), reader.ReadString());
    }

    private static MessageBuffer Call(DBusConnection connection, string member)
    {
        using var writer = connection.GetMessageWriter();
        writer.WriteMethodCallHeader(Service, ManagerPath, Manager, member);
        return writer.CreateMessage();
    }

    // StartTransientUnit(string name, string mode, a(sv) properties, a(sa(sv)) auxiliary units)
    private static MessageBuffer StartTransientUnit(DBusConnection connection, string unit, int pid)
    {
        using var writer = connection.GetMessageWriter();
        writer.WriteMethodCallHeader(Service, ManagerPath, Manager, "StartTransientUnit", "ssa(sv)a(sa(sv))");
        writer.WriteString(unit);
        writer.WriteString("fail");
        var properties = writer.WriteArrayStart(DBusType.Struct);
        foreach (var (name, value) in (ReadOnlySpan<(string, VariantValue)>)
            [("PIDs", VariantValue.Array((uint[])[(uint)pid])), ("Delegate", true), ("CollectMode", "inactive-or-failed"), ("Description", "Bolt capsule")])
        {
            writer.WriteStructureStart();
            writer.WriteString(name);
            writer.WriteVariant(value);
        }
        writer.WriteArrayEnd(properties);
        writer.WriteArrayEnd(writer.WriteArrayStart(DBusType.Struct));
        return writer.CreateMessage();
    }
}
