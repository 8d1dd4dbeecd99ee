using Bolt.Diagnostics;
using Bolt.Oci;

namespace Bolt.Tool.Oci;

/// <summary>`bolt oci exec`.</summary>
internal static class OciExecVerb
{
    private static readonly OciVerbOptions Known = new(
        "console-socket", "cwd", "env,e", "tty,t!", "user,u", "additional-gids,g", "process,p", "detach,d!", "pid-file", "process-label",
        "apparmor", "no-new-privs!", "cap,c", "preserve-fds", "ignore-paused!", "cgroup");

    /// <summary>What runc ends with, so that it is no code of a command's.</summary>
    private const int NotExecuted = 255;

    public static int Run(OciCall call, ReadOnlySpan<string> words)
    {
        var given = OciArguments.Parse(words, Known, command: true);
        foreach (var name in (ReadOnlySpan<string>)["process-label", "apparmor", "cgroup"])
            if (given.Value(name) is not null)
                throw new OciUsage($"`--{name}` is not supported; put it into the file of `--process`");
        if (given.Rest.Length == 0)
            throw new OciUsage("container id is missing");
        if (given.Rest.Length == 1 && given.Value("process") is null)
            throw new OciUsage("the command is missing");
        var options = new OciExecOptions
        {
            Id = given.Rest[0],
            Command = [.. given.Rest[1..]],
            ProcessFile = given.Value("process"),
            Terminal = given.Value("tty") is null ? null : given.Flag("tty"),
            WorkingDirectory = given.Value("cwd"),
            Environment = [.. given.Values("env")],
            User = given.Value("user"),
            AdditionalGids = [.. given.Values("additional-gids").Select(Gid)],
            Capabilities = [.. given.Values("cap")],
            NoNewPrivileges = given.Flag("no-new-privs"),
            IgnorePaused = given.Flag("ignore-paused"),
            ConsoleSocket = given.Value("console-socket"),
            PidFile = given.Value("pid-file"),
            PreservedDescriptors = given.Number("preserve-fds"),
        };
        var runtime = call.Open();
        try
        {
            return given.Flag("detach") ? Detached(runtime, options) : runtime.ExecInForeground(options);
        }
        catch (BoltException failed)
        {
            call.Log.Write("error", OciCli.Sentence(failed.Diagnostic));
            return NotExecuted;
        }
    }

    private static int Detached(OciRuntime runtime, OciExecOptions options)
    {
        runtime.Exec(options);
        return ExitCode.Done;
    }

    private static uint Gid(string text) => uint.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var gid)
        ? gid : throw new OciUsage($"`--additional-gids {text}` is no number");
}
