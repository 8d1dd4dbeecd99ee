using System.Collections.Immutable;
using System.Globalization;
using Bolt.Capsules;
using Bolt.Diagnostics;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Oci;

/// <summary>What `exec` is asked for. What is null is as the container's own process has it.</summary>
public sealed record OciExecOptions
{
    /// <summary>The container.</summary>
    public required string Id { get; init; }
    /// <summary>A file with a process as in config.json, in place of all that follows but the sockets and files.</summary>
    public string? ProcessFile { get; init; }
    /// <summary>The command and its arguments.</summary>
    public ImmutableArray<string> Command { get; init; } = [];
    /// <summary>Give it a terminal.</summary>
    public bool? Terminal { get; init; }
    /// <summary>Working folder inside.</summary>
    public string? WorkingDirectory { get; init; }
    /// <summary>NAME=VALUE, added to the container's.</summary>
    public ImmutableArray<string> Environment { get; init; } = [];
    /// <summary>UID[:GID].</summary>
    public string? User { get; init; }
    /// <summary>More groups.</summary>
    public ImmutableArray<uint> AdditionalGids { get; init; } = [];
    /// <summary>Capabilities to add to all sets.</summary>
    public ImmutableArray<string> Capabilities { get; init; } = [];
    /// <summary>Set no_new_privs.</summary>
    public bool NoNewPrivileges { get; init; }
    /// <summary>Go ahead in a paused container: it runs once that is resumed.</summary>
    public bool IgnorePaused { get; init; }
    /// <summary>A unix socket that receives the master of the terminal.</summary>
    public string? ConsoleSocket { get; init; }
    /// <summary>A file that receives the pid.</summary>
    public string? PidFile { get; init; }
    /// <summary>How many descriptors from 3 on the command gets.</summary>
    public int PreservedDescriptors { get; init; }
}

public sealed partial class OciRuntime
{
    /// <summary>Starts a process in a container and leaves it to whoever is the next subreaper. Its pid.</summary>
    public int Exec(OciExecOptions options) => Exec(options, console: null);

    private int Exec(OciExecOptions options, Action<Fd>? console)
    {
        var state = _store.Read(options.Id);
        var status = _store.Status(state);
        if (status is "stopped" or "creating")
            throw new BoltException(OciErrors.WrongStatus("exec in", options.Id, status));
        if (status == "paused" && !options.IgnorePaused)
            throw new BoltException(OciErrors.Paused(options.Id));
        var config = _store.Config(options.Id);
        var process = Process(options, config);
        var host = OciHost.Read();
        var findings = ImmutableArray.CreateBuilder<Diagnostic>();
        OciCheck.Process(process, host, findings);
        var seccomp = config.Linux?.Seccomp is { } wanted ? SeccompRules.Of(wanted, findings) : null;
        if (findings.FirstOrDefault(f => f.Severity == Severity.Error) is { } wrong)
            throw new BoltException(wrong);
        CheckConsole(process.Terminal, options.ConsoleSocket, console is not null);
        var (preserved, _) = Preserved(options.PreservedDescriptors, 0);
        var sheet = new OciExec(state, process, host, seccomp, config.Linux?.Personality, preserved).ToSheet();
        var start = new ContainerStart(options.Id, _shim)
        {
            Unwritable = !OciExec.HasOtherUsers(state.Pid),
            OnLauncher = OciExec.IsAttached(state, host) ? launcher => Attach(host, state, launcher) : null,
            OnTerminal = console ?? (master => SendConsole(options.ConsoleSocket!, master)),
            OnListener = listener => SendListener(config, state, state.Pid, listener),
        };
        var pid = start.Run(sheet);
        WritePidFile(options.PidFile, pid);
        return pid;
    }

    private static void Attach(OciHost host, OciState state, int launcher)
    {
        if (SystemdScope.AttachAsync(host.Bus!, state.Unit!, launcher, CancellationToken.None).GetAwaiter().GetResult() is { } problem)
            throw new BoltException(OciErrors.NoScope(state.Id, problem));
    }

    private static OciProcess Process(OciExecOptions options, OciConfig config)
    {
        if (options.ProcessFile is { } file)
        {
            var given = OciConfigReader.Process(file);
            return options.Terminal is { } asked ? given with { Terminal = asked } : given;
        }
        var own = config.Process ?? new OciProcess { Cwd = "/" };
        var capabilities = options.Capabilities.IsEmpty ? own.Capabilities : More(own.Capabilities ?? new OciCapabilities(), options.Capabilities);
        return own with
        {
            Args = options.Command,
            Terminal = options.Terminal ?? false,
            Cwd = options.WorkingDirectory ?? own.Cwd,
            Env = [.. own.Env ?? [], .. options.Environment],
            User = User(options, own.User ?? new OciUser()),
            Capabilities = capabilities,
            NoNewPrivileges = own.NoNewPrivileges || options.NoNewPrivileges,
            // Those of the container are its first process's alone.
            Scheduler = null,
            ConsoleSize = null,
        };
    }

    private static OciUser User(OciExecOptions options, OciUser own)
    {
        var user = own with { AdditionalGids = [.. own.AdditionalGids ?? [], .. options.AdditionalGids] };
        if (options.User is not { } text)
            return user;
        var parts = text.Split(':');
        if (parts.Length > 2 || !TryId(parts[0], out var uid) || !TryId(parts[^1], out var gid))
            throw new BoltException(OciErrors.Invalid("--user", $"is `{text}`; write UID or UID:GID"));
        return user with { Uid = uid, Gid = parts.Length == 2 ? gid : user.Gid };
    }

    private static bool TryId(string text, out uint id) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out id);

    private static OciCapabilities More(OciCapabilities own, ImmutableArray<string> added) => new()
    {
        Bounding = [.. own.Bounding ?? [], .. added],
        Effective = [.. own.Effective ?? [], .. added],
        Permitted = [.. own.Permitted ?? [], .. added],
        Inheritable = own.Inheritable,
        Ambient = own.Ambient,
    };
}
