using Bolt.Capsules;
using Bolt.Diagnostics;
using Bolt.Kernel;

namespace Bolt.Oci;

public sealed partial class OciRuntime
{
    /// <summary>A container that is being made, and what must be undone if it fails.</summary>
    private sealed class Making(OciRuntime runtime, OciConfig config, OciHost host, OciLaunchRequest request, SeccompRules? seccomp)
    {
        private ContainerCgroup? _cgroup;
        private OciState? _state;
        private string? _unit;

        public int Run(OciCreateOptions options, Action<Fd>? console)
        {
            runtime._store.KeepConfig(request.Id, request.Bundle);
            var scope = options.SystemdCgroup ? SystemdUnit.Of(config.Linux!.CgroupsPath, request.Id, host.Root && !host.Nested) : null;
            if (scope is null)
            {
                var path = string.IsNullOrEmpty(config.Linux!.CgroupsPath) ? request.Id : config.Linux.CgroupsPath;
                _cgroup = ContainerCgroup.Create(host.Cgroups, path, config.Linux.Resources, host.Root);
            }
            else if (!host.Cgroups.Unified || host.Bus is null)
                throw new BoltException(OciErrors.NoScope(request.Id, host.Bus is null ? "it does not run here" : "this host has no unified hierarchy of cgroups"));
            var sheet = new OciLaunch(config, host, request with { Cgroups = _cgroup?.Folders ?? [] }, seccomp).ToSheet();
            var start = new ContainerStart(request.Id, runtime._shim)
            {
                Unwritable = config.Linux!.Namespaces?.Any(n => n.Type == "user" && string.IsNullOrEmpty(n.Path)) != true,
                OnHooks = Hooks,
                OnLauncher = scope is null ? null : launcher => Enter(scope, launcher),
                OnTerminal = console ?? (master => SendConsole(options.ConsoleSocket!, master)),
            };
            var pid = start.Run(sheet);
            _state = State(pid, complete: true);
            runtime._store.Write(_state);
            WritePidFile(options.PidFile, pid);
            return pid;
        }

        // The container is born in the scope: to be moved there an ordinary user's process would have to be systemd's.
        private void Enter(ScopeSpec scope, int launcher)
        {
            var known = scope with { Limits = SystemdUnit.Limits(ContainerCgroup.Limits(host.Cgroups, config.Linux!.Resources)) };
            var (folder, problem) = SystemdScope.TryEnterAsync(host.Bus!, launcher, known, CancellationToken.None).GetAwaiter().GetResult();
            if (folder is null)
                throw new BoltException(OciErrors.NoScope(request.Id, problem));
            _unit = scope.Unit;
            _cgroup = ContainerCgroup.Adopt(host.Cgroups, folder, config.Linux.Resources, host.Root);
        }

        public void Undo()
        {
            if (_state is not null)
                End(_state);
            if (_cgroup is not null)
            {
                foreach (var pid in ContainerCgroup.Processes(_cgroup.Folders))
                    _ = Sys.Kill(pid, Sys.SigKill);
                ContainerCgroup.Remove(_cgroup.Folders);
            }
            runtime._store.Remove(request.Id);
            if (_state is null)
                return;
            foreach (var warning in HostHooks.RunAll("poststop", config.Hooks?.Poststop, runtime._store.Report(_state, "stopped")))
                runtime.Warned?.Invoke(warning);
        }

        // Hooks may ask for the state: it is written before they run.
        private void Hooks(int pid)
        {
            _state = State(pid, complete: false);
            runtime._store.Write(_state);
            var report = runtime._store.Report(_state, "creating");
            HostHooks.Run("prestart", config.Hooks?.Prestart, report);
            HostHooks.Run("createRuntime", config.Hooks?.CreateRuntime, report);
        }

        private OciState State(int pid, bool complete) => new()
        {
            OciVersion = config.OciVersion!,
            Id = request.Id,
            Bundle = request.Bundle,
            Rootfs = Path.GetFullPath(config.Root!.Path!, request.Bundle),
            Pid = pid,
            Started = ProcessStart.Of(pid),
            Created = DateTime.UtcNow,
            Uid = host.Uid,
            Complete = complete,
            Cgroups = _cgroup!.Folders,
            Unit = _unit,
            Annotations = config.Annotations,
        };
    }
}
