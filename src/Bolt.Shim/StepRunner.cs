using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Shim;

/// <summary>Does one step. Nothing here allocates: most run in a forked child. A negative result is an errno.</summary>
internal static unsafe partial class StepRunner
{
    /// <summary>Walks a list until a step fails; the state then says which.</summary>
    public static nint RunAll(LaunchState* state, LaunchSection section, NativeSteps steps)
    {
        state->Section = section;
        for (var i = 0; i < steps.Count; i++)
        {
            state->Index = i;
            state->Operation = steps.First[i].Operation;
            var result = Run(state, steps.First + i);
            if (result < 0)
                return result;
        }

        return 0;
    }

    /// <summary>Of a list, what a command in a running capsule needs too.</summary>
    public static nint RunOnly(LaunchState* state, LaunchOperation operation, NativeSteps steps)
    {
        nint result = 0;
        for (var i = 0; i < steps.Count && result >= 0; i++)
            result = steps.First[i].Operation == operation ? Run(state, steps.First + i) : 0;
        return result;
    }

    private static nint Run(LaunchState* state, NativeStep* step) => step->Operation switch
    {
        LaunchOperation.MakeFolder => MakeHostFolder(step),
        LaunchOperation.WriteFile => MayFail(step, WriteHostFile(step->A, step->B)),
        LaunchOperation.JoinCgroup => JoinCgroup(state, step),
        LaunchOperation.OpenGroup => OpenGroup(state, step),
        LaunchOperation.OpenTree => OpenTree(state, step),
        LaunchOperation.SetTree => SetTree(state, step),
        LaunchOperation.CreateVeth => CreateVeth(state, step),
        LaunchOperation.EnterGroup => Sys.Write(state->Slots[step->X], Native.Literal("0"u8), 1),
        LaunchOperation.SlaveMounts => Sys.Mount(null, Native.Literal("/"u8), null, Sys.MsSlave | Sys.MsRec, null),
        LaunchOperation.OpenPath => Keep(state, step, Sys.Open(step->A, Sys.OPath | Sys.OCloseOnExec)),
        LaunchOperation.MountHost => Sys.Mount(step->A, step->B, step->A, (nuint)step->X, step->C),
        LaunchOperation.MakeStage => Sys.MakeFolder(Sys.AtFdCwd, step->A, (uint)step->X),
        LaunchOperation.Liken => Liken(state, step),
        LaunchOperation.Overlay => Overlay(state, step),
        LaunchOperation.OpenRoot => OpenRoot(state, step),
        LaunchOperation.Folder => MakeFolder(state, step),
        LaunchOperation.File => MakeFile(state, step),
        LaunchOperation.Link => MakeLink(state, step),
        LaunchOperation.Mount => MountType(state, step),
        LaunchOperation.BindDevice => BindDevice(state, step),
        LaunchOperation.Place => Place(state, step),
        LaunchOperation.Sysctl => SetSysctl(state, step),
        LaunchOperation.Mask => Mask(state, step),
        LaunchOperation.ReadOnly => MakeReadOnly(state, step),
        LaunchOperation.ReadOnlyRoot => Sys.SetMountAttributes(state->Root, Sys.AttrReadOnly, 0, 0, false),
        LaunchOperation.Terminal => MakeTerminal(state),
        LaunchOperation.Pivot => Pivot(state),
        LaunchOperation.Hostname => Sys.SetHostname(step->A, (nuint)Native.Length(step->A)),
        LaunchOperation.LoopbackUp => SetUp("lo"u8),
        LaunchOperation.Address => SetAddress(step),
        LaunchOperation.NotifySocket => OpenNotifySocket(state, step),
        _ => RunForService(state, step),
    };

    private static nint RunForService(LaunchState* state, NativeStep* step) => step->Operation switch
    {
        LaunchOperation.Session => StartSession(state),
        LaunchOperation.Limit => SetLimit(step),
        LaunchOperation.Keyring => JoinKeyring(),
        LaunchOperation.User => ResolveUser(state, step),
        LaunchOperation.BoundingSet => DropBounding((ulong)step->X),
        LaunchOperation.Identity => TakeIdentity(state),
        LaunchOperation.Capabilities => SetCapabilities(state, (ulong)step->X),
        LaunchOperation.NoNewPrivileges => Sys.Prctl(Sys.PrSetNoNewPrivileges, 1),
        LaunchOperation.WorkingFolder => Sys.ChangeFolder(step->A),
        LaunchOperation.Filter => state->FilterCount == 0 ? 0 : Sys.SetFilter(state->Filter, state->FilterCount),
        LaunchOperation.Execute => Execute(state),
        _ => RunForContainer(state, step),
    };

    private static nint Keep(LaunchState* state, NativeStep* step, nint fd)
    {
        if (fd >= 0)
            state->Slots[step->X] = (int)fd;
        return fd;
    }
}
