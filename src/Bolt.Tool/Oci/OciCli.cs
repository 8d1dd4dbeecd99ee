using System.Text;
using Bolt.Diagnostics;
using Bolt.Oci;

namespace Bolt.Tool.Oci;

/// <summary>
/// `bolt oci`, also by the name of `bolt-oci`: the command line of an OCI runtime exactly as runc has it, for those who
/// start runtimes. It has a parser of its own, because engines write options as runc's takes them.
/// </summary>
internal static class OciCli
{
    private static readonly OciVerbOptions Global = new(
        "debug!", "log", "log-format", "root", "systemd-cgroup!", "rootless", "criu", "help,h!", "version,v!", "cgroup-manager");

    public static int Run(ReadOnlySpan<string> args)
    {
        var log = new OciLog(null, json: false);
        try
        {
            var global = OciArguments.Parse(args, Global, command: true);
            log = new OciLog(global.Value("log"), global.Value("log-format") == "json");
            if (global.Flag("version"))
                return Print($"bolt-oci version {ToolVersion.Text}\nspec: {OciText.Version}\n");
            if (global.Flag("help") || global.Rest.Length == 0 || global.Rest is ["help", ..])
                return Print(OciHelp.Text);
            return OciVerbs.Run(new OciCall(global, log), global.Rest[0], global.Rest.AsSpan(1));
        }
        catch (OciUsage usage)
        {
            log.Write("error", $"{usage.Message}\nfix: `bolt oci --help` shows what it takes");
            return ExitCode.Failed;
        }
        catch (BoltException expected)
        {
            log.Write("error", Sentence(expected.Diagnostic));
            return ExitCode.Failed;
        }
        catch (Exception bug)
        {
            log.Write("error", $"this is a bug in bolt {ToolVersion.Text}: {bug.GetType().Name}: {bug.Message}\n{bug.StackTrace}");
            return ExitCode.Failed;
        }
    }

    public static int Print(string text)
    {
        BareProcess.Write(Encoding.UTF8.GetBytes(text));
        return ExitCode.Done;
    }

    // One line: engines show it as a whole, and search it for the kernel's words.
    public static string Sentence(Diagnostic diagnostic) =>
        $"{diagnostic.Code}: {diagnostic.Message}{(diagnostic.Cause is { } cause ? ": " + cause.Message : "")}{(diagnostic.Fix is { } fix ? $" (fix: {fix})" : "")}";
}

/// <summary>The global options of one call.</summary>
internal sealed class OciCall(OciArguments global, OciLog log)
{
    public OciLog Log { get; } = log;

    public bool SystemdCgroup => global.Flag("systemd-cgroup") || global.Value("cgroup-manager") == "systemd";

    public OciRuntime Open()
    {
        var runtime = new OciRuntime(global.Value("root") ?? DefaultRoot());
        runtime.Warned += warning => Log.Write("warning", OciCli.Sentence(warning));
        return runtime;
    }

    private static string DefaultRoot() =>
        Environment.IsPrivilegedProcess && Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is null or "" ? "/run/bolt-oci"
        : Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } run ? Path.Combine(run, "bolt-oci")
        : $"/tmp/bolt-oci-{Environment.UserName}";
}
