using Bolt.Diagnostics;
using Bolt.Kernel;

namespace Bolt.Oci;

/// <summary>Runs hooks in this process's namespaces (config.md#posix-platform-hooks).</summary>
internal static class HostHooks
{
    /// <summary>In order; the first that fails ends it.</summary>
    public static void Run(string kind, IEnumerable<OciHook>? hooks, OciStateReport state)
    {
        foreach (var hook in hooks ?? [])
            if (Run(hook, state) is { } how)
                throw new BoltException(OciErrors.HookFailed(state.Id, kind, hook.Path ?? "", how));
    }

    /// <summary>All, whatever becomes of each; what went wrong.</summary>
    public static IReadOnlyList<Diagnostic> RunAll(string kind, IEnumerable<OciHook>? hooks, OciStateReport state) =>
    [
        .. from hook in hooks ?? []
           let how = Run(hook, state)
           where how is not null
           select OciErrors.HookFailed(state.Id, kind, hook.Path ?? "", how) with { Severity = Severity.Warning },
    ];

    private static string? Run(OciHook hook, OciStateReport state)
    {
        if (hook.Path?.StartsWith('/') != true)
            return "has no absolute path";
        using var input = Descriptors.Memory("state", OciJsonWriter.Bytes(state), out var error);
        using var nothing = Descriptors.OpenNull();
        if (input is null || nothing is null)
            return error.Text();
        Descriptors.Rewind(input);
        var pid = Spawn.Program(hook.Path, [.. hook.Args ?? [hook.Path]], [.. hook.Env ?? []],
            [(input.Number, 0), (nothing.Number, 1), (nothing.Number, 2)], out error);
        if (pid == 0)
            return $"cannot be executed: {error.Text()}";
        var late = hook.Timeout is > 0 and var seconds && !Spawn.EndsWithin(pid, TimeSpan.FromSeconds(seconds));
        if (late)
            _ = Sys.Kill(pid, Sys.SigKill);
        var status = Spawn.Wait(pid);
        return late ? "took longer than its timeout" : status switch
        {
            0 or null => null,
            { } ended when (ended & 0x7F) == 0 => $"ended with {ended >> 8 & 0xFF}",
            { } killed => $"was killed by signal {killed & 0x7F}",
        };
    }
}
