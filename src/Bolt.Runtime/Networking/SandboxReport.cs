using System.Globalization;
using Bolt.Diagnostics;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Networking;

/// <summary>The shim's one line about an outcome: "ok HOLDER", or "err STEP ERROR ARGUMENT".</summary>
internal static class SandboxReport
{
    /// <summary>The holder's pid; null when it is not a report of success.</summary>
    public static int? Holder(string? line) =>
        line?.Split(' ') is ["ok", var pid] && int.TryParse(pid, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>The sentence for a failure. The error is a negated errno, or the exit code of a program.</summary>
    public static Diagnostic Failure(string? line, NetworkSpec spec)
    {
        var words = Words(Path.Combine(spec.Folder, NetworkNames.Log));
        if (line?.Split(' ') is not ["err", var stepText, var errorText, var argumentText]
            || !int.TryParse(stepText, NumberStyles.None, CultureInfo.InvariantCulture, out var step)
            || !int.TryParse(errorText, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var error)
            || !int.TryParse(argumentText, NumberStyles.None, CultureInfo.InvariantCulture, out var argument))
            return NetworkErrors.SandboxEnded(words);
        return Failure((SandboxStep)step, error, argument, spec, words);
    }

    private static Diagnostic Failure(SandboxStep step, int error, int argument, NetworkSpec spec, string? words)
    {
        var errno = (Errno)Math.Max(-error, 0);
        var kernel = NetworkErrors.Kernel(errno);
        switch (step)
        {
            case SandboxStep.IdMap when spec.Ids is { Single: false, HostUid: not IdMap.RootFirst }:
                return errno == Errno.ENOENT ? NetworkErrors.MapProgramsMissing() : NetworkErrors.MapRefused(spec.Ids.SubUid, spec.Ids.Count);
            case SandboxStep.Namespaces:
            case SandboxStep.Ids or SandboxStep.Bridge or SandboxStep.IdMap when errno is Errno.EPERM or Errno.EACCES:
                return NetworkErrors.UserNamespacesForbidden(errno, UserNamespaces.Remedy(errno));
            case SandboxStep.Rules or SandboxStep.HostRules when error > 0:
                return NetworkErrors.StepFailed("load the network's rules", NetworkErrors.ProgramFailed("nft", error, words));
            case SandboxStep.Port when argument < spec.Ports.Length:
                var port = spec.Ports[argument];
                return errno == Errno.EACCES ? NetworkErrors.PortDenied(port, 1024)
                    : errno == Errno.EADDRNOTAVAIL ? NetworkErrors.NoSuchAddress(port)
                    : NetworkErrors.PortInUse(port, null);
            case SandboxStep.Uplink when error > 0 && words?.Contains("No external routable interface", StringComparison.Ordinal) == true:
                return NetworkErrors.Offline();
            case SandboxStep.Uplink when error > 0:
                return NetworkErrors.StepFailed("connect the network to the host", NetworkErrors.ProgramFailed("pasta", error, words));
            default:
                return NetworkErrors.StepFailed(Doing(step), kernel);
        }
    }

    private static string Doing(SandboxStep step) => step switch
    {
        SandboxStep.Sheet => "read the order sheet; bolt-shim is of another version",
        SandboxStep.Files => "write the network's files",
        SandboxStep.IdMap => "map user ids",
        SandboxStep.Ids => "become root of the network's namespace",
        SandboxStep.Bridge => "make the network's bridge",
        SandboxStep.Sysctl => "switch on forwarding in the network's namespace",
        SandboxStep.Resolver => "bind the resolver's port",
        SandboxStep.Rules or SandboxStep.HostRules => "run nft",
        SandboxStep.Port => "keep a published port",
        SandboxStep.Uplink => "connect the network to the host",
        _ => "hold the network's namespaces",
    };

    /// <summary>The last words of nft or pasta; pasta's complaints about syslog say nothing.</summary>
    private static string? Words(string log)
    {
        const int most = 4;
        try
        {
            var lines = File.ReadLines(log).Where(l => l.Length > 0 && !l.EndsWith("bytes to syslog", StringComparison.Ordinal));
            return string.Join("; ", lines.TakeLast(most).Select(l => l.Trim()));
        }
        catch (IOException)
        {
            return null;
        }
    }
}
