using System.Collections.Immutable;
using System.Net.Sockets;
using Bolt.Diagnostics;
using Bolt.Kernel;
using Tmds.DBus.Protocol;

namespace Bolt.Capsules;

/// <summary>A scope to be made.</summary>
/// <param name="Unit">Its name, with ".scope".</param>
/// <param name="Description">What systemctl shows.</param>
internal sealed record ScopeSpec(string Unit, string Description)
{
    /// <summary>The slice that it lies in; null: systemd's choice.</summary>
    public string? Slice { get; init; }
    /// <summary>Limits as systemd has them (systemd.resource-control(5)); "infinity" is the largest number.</summary>
    public ImmutableArray<(string Name, ulong Value)> Limits { get; init; } = [];
}

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

    /// <summary>
    /// Moves a capsule's shim into a new scope, which systemd removes with its last process.
    /// Returns the scope's folder below /sys/fs/cgroup. Errors: BOLT9508.
    /// </summary>
    public static async Task<string> EnterAsync(string bus, int pid, string capsule, CancellationToken cancellationToken)
    {
        // The pid, because the scope of an ended capsule of that name may still be on its way out.
        var scope = new ScopeSpec($"bolt-{capsule}-{pid}.scope", "Bolt capsule");
        var (folder, problem) = await TryEnterAsync(bus, pid, scope, cancellationToken).ConfigureAwait(false);
        return folder ?? throw new BoltException(CapsuleErrors.NoScope(capsule, problem));
    }

    /// <summary>As <see cref="EnterAsync"/>, with any scope; without a folder, what was wrong.</summary>
    public static async Task<(string? Folder, string Problem)> TryEnterAsync(string bus, int pid, ScopeSpec scope, CancellationToken cancellationToken)
    {
        try
        {
            using var connection = await SystemdBus.ConnectAsync(bus, cancellationToken).ConfigureAwait(false);
            var result = await StartAsync(connection, scope, pid).WaitAsync(cancellationToken).ConfigureAwait(false);
            if (result != "done")
                return (null, $"its job ended with `{result}`");
        }
        catch (Exception e) when (e is DBusExceptionBase or SocketException or IOException)
        {
            return (null, e.Message);
        }
        // "0::/user.slice/…/bolt-….scope"
        var group = HostFacts.ReadLines($"/proc/{pid}/cgroup").FirstOrDefault(line => line.StartsWith("0::", StringComparison.Ordinal))?[3..];
        return group?.EndsWith("/" + scope.Unit, StringComparison.Ordinal) == true
            ? ("/sys/fs/cgroup" + group, "") : (null, "its process was not moved there");
    }

    /// <summary>Moves a process into a unit that is there. Null, or what was wrong.</summary>
    public static Task<string?> AttachAsync(string bus, string unit, int pid, CancellationToken cancellationToken) =>
        TryCallAsync(bus, connection => AttachProcesses(connection, unit, pid), cancellationToken);

    /// <summary>Changes a unit's limits until it ends. Null, or what was wrong.</summary>
    public static Task<string?> LimitAsync(string bus, ScopeSpec scope, CancellationToken cancellationToken) =>
        TryCallAsync(bus, connection => SetProperties(connection, scope), cancellationToken);

    private static async Task<string?> TryCallAsync(string bus, Func<DBusConnection, MessageBuffer> call, CancellationToken cancellationToken)
    {
        try
        {
            using var connection = await SystemdBus.ConnectAsync(bus, cancellationToken).ConfigureAwait(false);
            await connection.CallMethodAsync(call(connection)).WaitAsync(cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (Exception e) when (e is DBusExceptionBase or SocketException or IOException)
        {
            return e.Message;
        }
    }

    private static async Task<string> StartAsync(DBusConnection connection, ScopeSpec scope, int pid)
    {
        var ended = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var rule = new MatchRule { Type = MessageType.Signal, Sender = Service, Path = ManagerPath, Interface = Manager, Member = "JobRemoved" };
        Action<Notification<(string Unit, string Result)>> look = job =>
        {
            if (!job.HasValue)
                ended.TrySetException(job.CompletionReason);
            else if (job.Value.Unit == scope.Unit)
                ended.TrySetResult(job.Value.Result);
        };
        // JobRemoved(uint32 id, object job, string unit, string result), sent to those who subscribed.
        using var watch = await connection.AddMatchAsync(
            rule, static (message, _) => Read(message), look, emitOnCapturedContext: false,
            ObserverFlags.EmitOnConnectionFailed | ObserverFlags.EmitOnReaderFailed).ConfigureAwait(false);
        await connection.CallMethodAsync(Call(connection, "Subscribe")).ConfigureAwait(false);
        await connection.CallMethodAsync(StartTransientUnit(connection, scope, pid)).ConfigureAwait(false);
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
    private static MessageBuffer StartTransientUnit(DBusConnection connection, ScopeSpec scope, int pid)
    {
        var writer = connection.GetMessageWriter();
        try
        {
            writer.WriteMethodCallHeader(Service, ManagerPath, Manager, "StartTransientUnit", "ssa(sv)a(sa(sv))");
            writer.WriteString(scope.Unit);
            writer.WriteString("fail");
            Properties(ref writer,
            [
                ("PIDs", VariantValue.Array((uint[])[(uint)pid])), ("Delegate", true), ("CollectMode", "inactive-or-failed"), ("Description", scope.Description),
                .. scope.Slice is { } slice ? (ReadOnlySpan<(string, VariantValue)>)[("Slice", slice)] : [],
                .. Values(scope.Limits),
            ]);
            writer.WriteArrayEnd(writer.WriteArrayStart(DBusType.Struct));
            return writer.CreateMessage();
        }
        finally
        {
            writer.Dispose();
        }
    }

    // AttachProcessesToUnit(string name, string subgroup, au pids)
    private static MessageBuffer AttachProcesses(DBusConnection connection, string unit, int pid)
    {
        using var writer = connection.GetMessageWriter();
        writer.WriteMethodCallHeader(Service, ManagerPath, Manager, "AttachProcessesToUnit", "ssau");
        writer.WriteString(unit);
        writer.WriteString("");
        writer.WriteArray((uint[])[(uint)pid]);
        return writer.CreateMessage();
    }

    // SetUnitProperties(string name, bool runtime, a(sv) properties)
    private static MessageBuffer SetProperties(DBusConnection connection, ScopeSpec scope)
    {
        var writer = connection.GetMessageWriter();
        try
        {
            writer.WriteMethodCallHeader(Service, ManagerPath, Manager, "SetUnitProperties", "sba(sv)");
            writer.WriteString(scope.Unit);
            writer.WriteBool(true);
            Properties(ref writer, Values(scope.Limits));
            return writer.CreateMessage();
        }
        finally
        {
            writer.Dispose();
        }
    }

    private static IEnumerable<(string Name, VariantValue Value)> Values(IEnumerable<(string Name, ulong Value)> limits) =>
        limits.Select(limit => (limit.Name, (VariantValue)limit.Value));

    // By reference: a copy of the writer does not know what was written.
    private static void Properties(ref MessageWriter writer, IEnumerable<(string Name, VariantValue Value)> all)
    {
        var start = writer.WriteArrayStart(DBusType.Struct);
        foreach (var (name, value) in all)
        {
            writer.WriteStructureStart();
            writer.WriteString(name);
            writer.WriteVariant(value);
        }
        writer.WriteArrayEnd(start);
    }
}
