using System.Collections.Immutable;
using System.Globalization;
using Bolt.Oci;
using Bolt.Tool.Terminal;

namespace Bolt.Tool.Oci;

/// <summary>The verbs: each reads its options and calls one method.</summary>
internal static class OciVerbs
{
    private static readonly string[] Making = ["bundle,b", "console-socket", "pid-file", "no-pivot!", "no-new-keyring!", "preserve-fds"];

    public static int Run(OciCall call, string verb, ReadOnlySpan<string> words)
    {
        if (words is ["--help"] or ["-h"])
            return OciCli.Print(OciHelp.Text);
        switch (verb)
        {
            case "create":
                var create = OciArguments.Parse(words, new OciVerbOptions(Making));
                call.Open().Create(Options(call, create));
                return ExitCode.Done;
            case "run":
                var run = OciArguments.Parse(words, new OciVerbOptions([.. Making, "detach,d!", "keep!", "no-subreaper!"]));
                return call.Open().Run(Options(call, run), run.Flag("detach"), run.Flag("keep"));
            case "start":
                call.Open().Start(Id(words));
                return ExitCode.Done;
            case "state":
                return OciCli.Print(call.Open().State(Id(words)) + "\n");
            case "kill":
                return Kill(call, OciArguments.Parse(words, new OciVerbOptions("all,a!")));
            case "delete":
                var delete = OciArguments.Parse(words, new OciVerbOptions("force,f!"));
                call.Open().Delete(delete.One("container id"), delete.Flag("force"));
                return ExitCode.Done;
            case "exec":
                return OciExecVerb.Run(call, words);
            case "list":
                return List(call, OciArguments.Parse(words, new OciVerbOptions("format,f", "quiet,q!")));
            case "ps":
                return Processes(call, OciArguments.Parse(words, new OciVerbOptions("format,f")));
            case "pause":
                call.Open().Pause(Id(words));
                return ExitCode.Done;
            case "resume":
                call.Open().Resume(Id(words));
                return ExitCode.Done;
            case "update":
                return OciUpdateVerb.Run(call, words);
            case "features":
                return OciCli.Print(OciText.Features() + "\n");
            case "spec":
                return Spec(OciArguments.Parse(words, new OciVerbOptions("bundle,b", "rootless!")));
            default:
                throw new OciUsage($"there is no verb `{verb}`");
        }
    }

    private static string Id(ReadOnlySpan<string> words) => OciArguments.Parse(words, new OciVerbOptions()).One("container id");

    private static OciCreateOptions Options(OciCall call, OciArguments given) => new()
    {
        Id = given.One("container id"),
        Bundle = given.Value("bundle") ?? Environment.CurrentDirectory,
        ConsoleSocket = given.Value("console-socket"),
        PidFile = given.Value("pid-file"),
        NoPivot = given.Flag("no-pivot"),
        NoNewKeyring = given.Flag("no-new-keyring"),
        PreservedDescriptors = given.Number("preserve-fds"),
        ListenDescriptors = Variable("LISTEN_PID") == Environment.ProcessId ? Variable("LISTEN_FDS") : 0,
        SystemdCgroup = call.SystemdCgroup,
    };

    // sd_listen_fds(3): the descriptors are this process's only when LISTEN_PID is its number.
    private static int Variable(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0;

    private static int Kill(OciCall call, OciArguments given)
    {
        if (given.Rest.Length is not (1 or 2))
            throw new OciUsage("kill takes a container id and a signal");
        call.Open().Kill(given.Rest[0], given.Rest.ElementAtOrDefault(1) ?? "SIGTERM", given.Flag("all"));
        return ExitCode.Done;
    }

    private static int List(OciCall call, OciArguments given)
    {
        var runtime = call.Open();
        if (given.Value("format") is "json")
            return OciCli.Print(runtime.ListJson() + "\n");
        var all = runtime.List();
        if (given.Flag("quiet"))
            return OciCli.Print(string.Concat(all.Select(c => c.Id + "\n")));
        string[][] rows =
        [
            ["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"],
            .. all.Select(c => (string[])[c.Id, c.Pid.ToString(CultureInfo.InvariantCulture), c.Status, c.Bundle, c.Created.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture), c.Owner]),
        ];
        int[] widths = [.. Enumerable.Range(0, 6).Select(i => rows.Max(row => row[i].Length) + 2)];
        return OciCli.Print(string.Concat(rows.Select(row => string.Concat(row.Select((cell, i) => i == 5 ? cell : cell.PadRight(widths[i]))) + "\n")));
    }

    private static int Processes(OciCall call, OciArguments given)
    {
        var pids = call.Open().Processes(given.Rest.Length > 0 ? given.Rest[0] : throw new OciUsage("container id is missing"));
        return OciCli.Print(given.Value("format") is "json" ? $"[{string.Join(',', pids)}]\n" : string.Concat(pids.Prepend(0).Select(pid => pid == 0 ? "PID\n" : pid + "\n")));
    }

    private static int Spec(OciArguments given)
    {
        var file = Path.Combine(given.Value("bundle") ?? "", "config.json");
        if (File.Exists(file))
            throw new OciUsage($"`{file}` exists already");
        File.WriteAllText(file, OciText.Spec(given.Flag("rootless")) + "\n");
        return ExitCode.Done;
    }
}
