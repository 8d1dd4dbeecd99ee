namespace Bolt.Host.Tests.Oci;

/// <summary>The runtime specification as cases, against Bolt and, where they are installed, runc and crun.</summary>
public sealed class ConformanceTests : IDisposable
{
    private readonly Bundle _bundle = new();

    public static TheoryData<string> Names => [.. ConformanceCases.All.Values.Where(c => Bundle.IsRoot || !c.ForRoot).Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Bolt_does_what_the_specification_says(string name) => Assert.Equal("", Try(OciPeer.Bolt(_bundle.Folder), ConformanceCases.All[name]) ?? "");

    /// <summary>
    /// peer-differences.txt says what they do otherwise, and why: each line of it is true, and nothing is missing. Lines are
    /// `PEER: CASE`, or `PEER as root: CASE`, `PEER as a user: CASE` where it holds for one alone, `PEER at times: CASE` for a race.
    /// </summary>
    [Fact]
    public void Peers_differ_as_listed()
    {
        var listed = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Oci/peer-differences.txt"))
            .Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split(" # ")[0].Trim()).ToHashSet();
        var caller = Bundle.IsRoot ? "as root" : "as a user";
        var cases = ConformanceCases.All.Keys.ToHashSet();
        var wrong = listed.Where(line => !cases.Contains(line[(line.IndexOf(": ", StringComparison.Ordinal) + 2)..])).Select(line => $"no such case: {line}").ToList();
        // Of other versions other things are true.
        foreach (var peer in (OciPeer?[])[OciPeer.Runc(_bundle.Folder), OciPeer.Crun(_bundle.Folder)])
        {
            if (peer?.Call("--version").Output is not { } version || !(version.Contains("runc version 1.1.5") || version.Contains("crun version 1.8.1")))
                continue;
            foreach (var name in Names.Select(row => row.Data))
            {
                if (listed.Contains($"{peer.Name} at times: {name}"))
                    continue;
                using var bundle = new Bundle();
                var problem = Try(peer, ConformanceCases.All[name], bundle);
                var isListed = listed.Contains($"{peer.Name}: {name}") || listed.Contains($"{peer.Name} {caller}: {name}");
                if (problem is not null != isListed)
                    wrong.Add($"{peer.Name} {caller}: {name} # {problem ?? "is listed, and does as the case says"}");
            }
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    public void Dispose() => _bundle.Dispose();

    private string? Try(OciPeer peer, ConformanceCase wanted) => Try(peer, wanted, _bundle);

    // Null when all is as the case says.
    private static string? Try(OciPeer peer, ConformanceCase wanted, Bundle bundle)
    {
        var config = bundle.Config(wanted.Script);
        wanted.Change?.Invoke(config, bundle.Folder);
        bundle.Write(config);
        var id = bundle.NextId();
        var caller = wanted.Shell is { } shell ? peer.Behind("sh", "-c", $"BUNDLE='{bundle.Folder}'; {shell}; exec \"$@\"", "sh") : peer;
        var answer = caller.Call(["run", "--bundle", bundle.Folder, .. wanted.Options, id]);
        if (answer.Code != 0)
            peer.Call("delete", "--force", id);
        if (wanted.Refused && answer.Code == 0)
            return "was not refused";
        if (wanted.After is not null)
            answer = answer with { Output = answer.Output + Found(wanted.After, bundle.Folder) };
        if (wanted.Refused)
            return wanted.After is null || wanted.Fits(answer.Output) ? null : $"said `{answer.Output.TrimEnd()}`";
        return wanted.Fits(answer.Output) && answer.Code == wanted.Code ? null
            : $"code {answer.Code}, said `{answer.Output.TrimEnd().Replace("\n", "\\n")}` `{answer.Error.TrimEnd().Replace("\n", "\\n")}`";
    }

    private static string Found(Func<string, string> after, string bundle)
    {
        try
        {
            return after(bundle);
        }
        catch (Exception e) when (e is IOException or System.Text.Json.JsonException or InvalidOperationException)
        {
            return e.Message;
        }
    }
}
