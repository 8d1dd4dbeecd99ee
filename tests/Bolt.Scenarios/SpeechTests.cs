using System.Text.Json;

namespace Bolt.Scenarios;

/// <summary>What the tool says, and to whom: people, programs, pipes.</summary>
public class SpeechTests(InstalledTool tool)
{
    public static TheoryData<string> Verbs { get; } = new(
        "up", "down", "ps", "status", "logs", "exec", "stop", "start", "restart", "run", "replay", "build", "lock", "vendor", "sbom", "attest", "pull", "push",
        "images", "inspect", "history", "referrers", "tag", "rmi", "gc", "save", "load", "export", "import", "login", "logout", "doctor", "completion", "man", "help", "version", "surge");

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Every_verb_has_help_with_an_example(string verb)
    {
        var help = (await tool.BoltAsync(tool.FreshFolder("help"), verb, "--help")).Expect(0);
        Golden.Check($"Help/{verb}", help.Output);
        Assert.Empty(help.Error);
    }

    [Fact]
    public async Task The_tree_of_verbs_has_help()
    {
        Golden.Check("Help/bolt", (await tool.BoltAsync(tool.FreshFolder("help"), "--help")).Expect(0).Output);
        var version = (await tool.BoltAsync(tool.FreshFolder("help"), "--version")).Expect(0).Output;
        Assert.Equal(version, (await tool.BoltAsync(tool.FreshFolder("help"), "version")).Expect(0).Output);
        Assert.Matches(@"^\d+\.\d+\.\d+\S*\n$", version);
    }

    [Theory]
    [InlineData("bolt unp", "unpause")]
    [InlineData("bolt stop w", "web,worker")]
    [InlineData("bolt logs --fo", "--follow")]
    [InlineData("bolt completion ", "bash,fish,pwsh,zsh")]
    [InlineData("bolt exec web ", "")]
    public async Task A_shell_is_told_what_may_follow(string line, string words)
    {
        await using var stack = tool.Stack("project = \"words\"\n[services.web]\nimage = \"bolt://nginx\"\n[services.worker]\nimage = \"bolt://nginx\"\n");
        var told = (await stack.BoltAsync("complete", $"{line.Length}", line)).Expect(0).Output;
        Assert.Equal(words, string.Join(',', told.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task Bash_reads_its_script_and_asks_the_tool()
    {
        var folder = tool.FreshFolder("bash");
        var script = Path.Combine(folder, "bolt.bash");
        File.WriteAllText(script, (await tool.BoltAsync(folder, "completion", "bash")).Expect(0).Output);
        var asked = await tool.RunAsync(folder, new Dictionary<string, string>(),
            ["-c", "bolt() { dotnet bolt \"$@\"; }; compopt() { :; }; . ./bolt.bash; COMP_LINE='bolt unp' COMP_POINT=8; _bolt; echo \"${COMPREPLY[*]}\""], program: "bash");
        Assert.Equal("unpause\n", asked.Expect(0).Output);
    }

    [Fact]
    public async Task Every_verb_has_a_manual_page_and_topics_are_explained()
    {
        var folder = tool.FreshFolder("man");
        Golden.Check("Help/bolt-up.1", System.Text.RegularExpressions.Regex.Replace((await tool.BoltAsync(folder, "man", "up")).Expect(0).Output, "\"bolt [^\"]*\"", "\"bolt\""));
        foreach (var verb in Verbs)
            Assert.Contains(".SH EXIT STATUS", (await tool.BoltAsync(folder, "man", verb.Data)).Expect(0).Output, StringComparison.Ordinal);
        Assert.Contains("127 no such program", (await tool.BoltAsync(folder, "help", "exit-codes")).Expect(0).Output, StringComparison.Ordinal);
        Assert.Contains("Usage:", (await tool.BoltAsync(folder, "help", "up")).Expect(0).Output, StringComparison.Ordinal);
        Assert.Contains("bolt --help", (await tool.BoltAsync(folder, "help", "nonsense")).Expect(2).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_usage_is_2_and_names_what_helps()
    {
        var wrong = (await tool.BoltAsync(tool.FreshFolder("usage"), "up", "--no-such-option")).Expect(2);
        Assert.Contains("`bolt up --help`", wrong.Error, StringComparison.Ordinal);
        Assert.Empty(wrong.Output);
    }

    [Fact]
    public async Task A_bad_Boltfile_is_2_with_every_problem_at_its_place()
    {
        await using var bad = tool.Stack("""
            project = "bad"
            [services.web]
            image_name = "bolt://nginx"
            ports = ["80:80", "80:81"]
            depends_on = ["nobody"]
            [services.other]
            image = 5
            """);
        var up = (await bad.BoltAsync("up", "-d")).Expect(2);
        Golden.Check("Speech/bad-boltfile", up.Error);
        Assert.Empty(up.Output);
        Golden.Check("Speech/no-boltfile", (await tool.BoltAsync(tool.FreshFolder("none"), "up")).Expect(2).Error);
    }

    [Fact]
    public async Task Pipes_get_no_colour_and_json_parses()
    {
        await using var stack = tool.Stack("project = \"speech\"\n[services.sh]\nimage = \"bolt://busybox\"\ncommand = [\"sh\", \"-c\", \"echo hello; exec sleep 1000000\"]\n");
        var plan = (await stack.BoltAsync("up", "--dry-run")).Expect(0);
        Assert.Contains("start sh", plan.Output, StringComparison.Ordinal);
        Assert.Contains("start sh", JsonDocument.Parse((await stack.BoltAsync("up", "--dry-run", "--json")).Expect(0).Output).RootElement.ToString(), StringComparison.Ordinal);

        var up = (await stack.BoltAsync("up", "-d", "--json")).Expect(0);
        Assert.Equal("stackReady", Lines(up.Output).Last(e => e.GetProperty("event").GetString() is "stackReady" or "stepFailed").GetProperty("event").GetString());
        var ps = (await stack.BoltAsync("ps")).Expect(0);
        var logs = (await stack.BoltAsync("logs")).Expect(0);
        Assert.Equal("sh | hello\n", logs.Output);
        Assert.Equal("hello", Lines((await stack.BoltAsync("logs", "--json", "--tail", "1")).Expect(0).Output).Single().GetProperty("text").GetString());
        var doctor = await stack.BoltAsync("doctor", "--json");
        Assert.All(Lines(doctor.Output), check => Assert.NotEmpty(check.GetProperty("name").GetString()!));
        foreach (var said in new[] { plan, up, ps, logs, doctor, (await stack.BoltAsync("down")).Expect(0) })
        {
            Assert.DoesNotContain('\e', said.Output + said.Error);
        }
    }

    [Fact]
    public async Task The_doctor_finds_this_machine_well_or_names_what_it_lacks_with_a_fix()
    {
        var doctor = await tool.BoltAsync(tool.FreshFolder("doctor"), "doctor", "--json");
        var lacks = Lines(doctor.Output).Where(c => c.TryGetProperty("problem", out var p) && p.ValueKind == JsonValueKind.Object)
            .Select(c => c.GetProperty("problem")).Where(p => p.GetProperty("severity").GetString() == "error").ToArray();
        Assert.Empty(doctor.Error);
        Assert.Equal(lacks.Length > 0 ? 1 : 0, doctor.Code);
        Assert.All(lacks, p => Assert.StartsWith("BOLT9", p.GetProperty("code").GetString(), StringComparison.Ordinal));
        Assert.All(lacks, p => Assert.NotEmpty(p.GetProperty("fix").GetString()!));
        // Where all the rest of this suite runs, a capsule does.
        var trial = Lines(doctor.Output)[^1];
        Assert.False(trial.TryGetProperty("problem", out var problem) && problem.ValueKind == JsonValueKind.Object, trial.ToString());
    }

    private static JsonElement[] Lines(string output) =>
        [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];
}
