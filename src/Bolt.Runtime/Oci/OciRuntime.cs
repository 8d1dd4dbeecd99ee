using System.Collections.Immutable;
using Bolt.Capsules;
using Bolt.Diagnostics;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Oci;

/// <summary>
/// The OCI runtime (runtime-spec 1.2): one method for each verb of its command line. All block, and throw
/// <see cref="BoltException"/> with a sentence that container engines understand.
/// </summary>
public sealed partial class OciRuntime
{
    private readonly OciStore _store;
    private readonly string _shim;

    /// <summary>Containers are kept below <paramref name="root"/>, a folder of this user alone.</summary>
    /// <param name="root">Made when it is first needed.</param>
    /// <param name="shimPath">Where bolt-shim lies; null: beside the program.</param>
    public OciRuntime(string root, string? shimPath = null)
    {
        _store = new OciStore(Path.GetFullPath(root));
        var found = ShimLocation.Find(shimPath) ?? throw new BoltException(OciErrors.NoShim(shimPath ?? "bolt-shim", "no such file or directory"));
        _shim = ShimLocation.Executable(found, Path.Combine(Path.GetFullPath(root), ".."));
    }

    /// <summary>Warnings of hooks that may fail.</summary>
    public event Action<Diagnostic>? Warned;

    /// <summary>Makes a container from a bundle; its program awaits <see cref="Start"/>.</summary>
    public void Create(OciCreateOptions options) => Create(options, console: null);

    private int Create(OciCreateOptions options, Action<Fd>? console)
    {
        var bundle = Path.GetFullPath(options.Bundle);
        _ = _store.Folder(options.Id);
        var config = OciConfigReader.Config(Path.Combine(bundle, "config.json"));
        var host = OciHost.Read();
        var findings = OciCheck.Of(config, host).ToBuilder();
        var seccomp = config.Linux?.Seccomp is { } wanted ? SeccompRules.Of(wanted, findings) : null;
        if (findings.FirstOrDefault(f => f.Severity == Severity.Error) is { } wrong)
            throw new BoltException(wrong);
        foreach (var warning in findings)
            Warned?.Invoke(warning);
        CheckConsole(config.Process?.Terminal == true, options.ConsoleSocket, console is not null);
        var (preserved, listen) = Preserved(options.PreservedDescriptors, options.ListenDescriptors);
        var request = new OciLaunchRequest
        {
            Id = options.Id,
            Bundle = bundle,
            Folder = _store.Claim(options.Id),
            NoPivot = options.NoPivot,
            NoNewKeyring = options.NoNewKeyring,
            Preserved = preserved,
            ListenFds = listen,
        };
        var making = new Making(this, config, host, request, seccomp);
        try
        {
            return making.Run(options, console);
        }
        catch
        {
            making.Undo();
            throw;
        }
    }

    /// <summary>Executes the program of a created container.</summary>
    public void Start(string id)
    {
        var state = _store.Read(id);
        var status = _store.Status(state);
        if (status != "created" || _store.Start(id) is not { } socket)
            throw new BoltException(OciErrors.WrongStatus("start", id, status));
        var config = _store.Config(id);
        using (socket)
        {
            _store.Started(id);
            _ = socket.TrySend([1]);
            if (StartAnswer.Listen(id, socket, listener => SendListener(config, state, state.Pid, listener)) is { } failure)
            {
                End(state);
                throw new BoltException(failure);
            }
        }
        try
        {
            HostHooks.Run("poststart", config.Hooks?.Poststart, _store.Report(state, "running"));
        }
        catch (BoltException)
        {
            // runtime.md, lifecycle 9: the container is stopped and destroyed.
            End(state);
            Delete(id, force: true);
            throw;
        }
    }

    /// <summary>The state as JSON, with what runc adds to it.</summary>
    public string State(string id) => _store.TryRead(id) is { } state
        ? OciJsonWriter.Text(_store.Listing(state))
        : OciJsonWriter.Text(new OciStateReport { OciVersion = OciText.Version, Id = id, Status = "creating", Bundle = "" });

    /// <summary>Sends a signal, by name or number, to the container's first process, or to all that it has.</summary>
    public void Kill(string id, string signal, bool all)
    {
        var number = ProcessNames.Signal(signal) ?? throw new BoltException(OciErrors.BadSignal(signal));
        var state = _store.Read(id);
        var status = _store.Status(state);
        if (all)
        {
            foreach (var pid in ContainerCgroup.Processes(state.Cgroups))
                _ = Sys.Kill(pid, number);
            if (status is "stopped")
                return;
        }
        if (status is "stopped" or "creating")
            throw new BoltException(OciErrors.WrongStatus("kill", id, status));
        if (_store.Config(id).Linux?.Namespaces?.Any(n => n.Type == "pid") != true && number == Sys.SigKill)
            foreach (var pid in ContainerCgroup.Processes(state.Cgroups))
                _ = Sys.Kill(pid, number);
        if (Signal(state, number) is var error and not (Errno.None or Errno.ESRCH))
            throw new BoltException(OciErrors.Socket("signal the container", id, error));
        // A process of a frozen group of version 1 dies only once it is thawed.
        if (number == Sys.SigKill && status == "paused")
            Freezer.Set(id, state.Cgroups, frozen: false);
    }

    /// <summary>Removes what is left of a stopped container; with <paramref name="force"/> it is killed first, and need not be there.</summary>
    public void Delete(string id, bool force)
    {
        if (force && !Directory.Exists(_store.Folder(id)))
            return;
        var state = _store.TryRead(id);
        if (state is null)
        {
            if (!force)
                throw new BoltException(OciErrors.WrongStatus("delete", id, "creating"));
            _store.Remove(id);
            return;
        }
        var status = _store.Status(state);
        if (status != "stopped" && !force && status != "created")
            throw new BoltException(OciErrors.WrongStatus("delete", id, status));
        if (status == "paused")
            Freezer.Set(id, state.Cgroups, frozen: false);
        if (status != "stopped")
            End(state);
        Destroy(state, _store.Config(id));
    }

    /// <summary>Stops all processes of the container until <see cref="Resume"/>.</summary>
    public void Pause(string id)
    {
        var state = _store.Read(id);
        if (_store.Status(state) is var status and not ("running" or "created"))
            throw new BoltException(OciErrors.WrongStatus("pause", id, status));
        Freezer.Set(id, state.Cgroups, frozen: true);
    }

    /// <summary>Lets the processes of a paused container go on.</summary>
    public void Resume(string id)
    {
        var state = _store.Read(id);
        if (_store.Status(state) is var status and not "paused")
            throw new BoltException(OciErrors.WrongStatus("resume", id, status));
        Freezer.Set(id, state.Cgroups, frozen: false);
    }

    /// <summary>Applies limits, as linux.resources has them, to a container.</summary>
    /// <param name="id">The container.</param>
    /// <param name="resources">JSON.</param>
    public void Update(string id, ReadOnlySpan<byte> resources)
    {
        var state = _store.Read(id);
        if (_store.Status(state) is var status and ("stopped" or "creating"))
            throw new BoltException(OciErrors.WrongStatus("update", id, status));
        if (resources.Length > OciConfigReader.MaxBytes)
            throw new BoltException(OciErrors.BadJson("resources", $"it is longer than {OciConfigReader.MaxBytes} bytes"));
        var written = ContainerCgroup.Update(state.Cgroups, OciConfigReader.Resources(resources.ToArray(), "resources"));
        if (state.Unit is { } unit && SystemdBus.Find() is { } bus)
        {
            var scope = new ScopeSpec(unit, "") { Limits = SystemdUnit.Limits(written) };
            if (SystemdScope.LimitAsync(bus, scope, CancellationToken.None).GetAwaiter().GetResult() is { } problem)
                throw new BoltException(OciErrors.NoScope(id, problem));
        }
    }

    /// <summary>All containers below the root.</summary>
    public ImmutableArray<OciContainer> List() =>
    [
        .. from id in _store.Ids()
           let state = _store.ReadIfThere(id)
           where state is not null
           let listing = _store.Listing(state)
           select new OciContainer(id, listing.Pid, listing.Status, listing.Bundle, listing.Created, listing.Owner),
    ];

    /// <summary>As <see cref="List"/>, as a JSON array with all that is known.</summary>
    public string ListJson() => OciJsonWriter.Text(_store.Ids().Select(_store.ReadIfThere).OfType<OciState>().Select(_store.Listing));

    /// <summary>Pids of the container's processes, as the host counts them.</summary>
    public IReadOnlyList<int> Processes(string id) => ContainerCgroup.Processes(_store.Read(id).Cgroups);

    private static void CheckConsole(bool terminal, string? socket, bool foreground)
    {
        if (terminal && socket is null && !foreground)
            throw new BoltException(OciErrors.Terminal("cannot allocate tty if runc will detach without setting console socket")
                with
            { Fix = "give `--console-socket`, or set `process.terminal` to false" });
        if (!terminal && socket is not null)
            throw new BoltException(OciErrors.Terminal("`--console-socket` was given, and the process has no terminal"));
    }

    // systemd's socket activation hands descriptors from 3 on, and the engine may add its own behind them.
    private static (int Count, bool Listen) Preserved(int asked, int listen)
    {
        var count = asked + listen;
        for (var fd = 3; fd < 3 + count; fd++)
            if (!Descriptors.IsOpen(fd))
                throw new BoltException(OciErrors.NotPreserved(fd));
        return (count, listen > 0);
    }

    private static Errno Signal(OciState state, int number)
    {
        using var pidfd = Pidfd.Open(state.Pid);
        // By now the number could be another's.
        return pidfd is null || ProcessStart.Of(state.Pid) != state.Started ? Errno.ESRCH : Pidfd.Signal(pidfd, number);
    }

    private static void End(OciState state)
    {
        using var pidfd = Pidfd.Open(state.Pid);
        if (pidfd is not null && ProcessStart.Of(state.Pid) == state.Started)
        {
            _ = Pidfd.Signal(pidfd, Sys.SigKill);
            Pidfd.AwaitEnd(pidfd);
        }
        foreach (var pid in ContainerCgroup.Processes(state.Cgroups))
            _ = Sys.Kill(pid, Sys.SigKill);
    }

    private void Destroy(OciState state, OciConfig config)
    {
        ContainerCgroup.Remove(state.Cgroups);
        _store.Remove(state.Id);
        foreach (var warning in HostHooks.RunAll("poststop", config.Hooks?.Poststop, _store.Report(state, "stopped")))
            Warned?.Invoke(warning);
    }

    private void SendListener(OciConfig config, OciState state, int pid, Fd listener)
    {
        var path = config.Linux!.Seccomp!.ListenerPath!;
        using var socket = Descriptors.ConnectStream(path, out var error) ?? throw new BoltException(OciErrors.Socket("seccomp listener", path, error));
        var message = OciJsonWriter.Bytes(new OciProcessState
        {
            OciVersion = state.OciVersion,
            Pid = pid,
            Metadata = config.Linux.Seccomp.ListenerMetadata,
            State = _store.Report(state),
        });
        if (Descriptors.Send(socket, message, listener) is var refused and not Errno.None)
            throw new BoltException(OciErrors.Socket("seccomp listener", path, refused));
    }

    internal static void SendConsole(string path, Fd master)
    {
        using var socket = Descriptors.ConnectStream(path, out var error) ?? throw new BoltException(OciErrors.Socket("console socket", path, error));
        if (Descriptors.Send(socket, "/dev/ptmx"u8, master) is var refused and not Errno.None)
            throw new BoltException(OciErrors.Socket("console socket", path, refused));
    }

    internal static void WritePidFile(string? path, int pid)
    {
        if (path is null)
            return;
        try
        {
            var beside = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "." + Path.GetFileName(path) + ".new");
            File.WriteAllText(beside, pid.ToString(System.Globalization.CultureInfo.InvariantCulture));
            File.Move(beside, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BoltException(OciErrors.Write(path, e.Message), e);
        }
    }
}
