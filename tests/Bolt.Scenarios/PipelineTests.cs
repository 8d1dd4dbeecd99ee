namespace Bolt.Scenarios;

/// <summary>The job files of docs/pipelines: what they say is what this tool does.</summary>
public class PipelineTests(InstalledTool tool)
{
    public static TheoryData<string> Files { get; } = new("github-actions.yml", "azure-pipelines.yml", "gitlab-ci.yml");

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Every_script_line_of_a_job_runs_in_order_on_a_project_of_the_template(string file)
    {
        var folder = tool.FreshFolder("job");
        var none = new Dictionary<string, string>();
        await tool.WithTemplatesAsync(folder, async () => (await tool.RunAsync(folder, none, ["new", "bolt-tests", "-n", "Job.Tests", "-o", ".", "--no-restore"])).Expect(0));
        // Published nowhere yet: the packed files stand for the feed. The project's own manifest names the tool.
        File.WriteAllText(Path.Combine(folder, "nuget.config"), $"""<configuration><packageSources><add key="packed" value="{InstalledTool.Packages}" /></packageSources></configuration>""");
        (await tool.RunAsync(folder, none, ["new", "tool-manifest"])).Expect(0);
        (await tool.RunAsync(folder, none, ["tool", "install", "Bolt.Tool"])).Expect(0);

        var lines = Script(file);
        Assert.Contains(lines, l => l.StartsWith("dotnet test ", StringComparison.Ordinal));
        Assert.True(lines.Count(l => l.StartsWith("dotnet bolt ", StringComparison.Ordinal)) >= 4, string.Join('\n', lines));
        // What root does to a runner is not done to this machine; that it is only what the page says is.
        var bin = Directory.CreateDirectory(Path.Combine(folder, "bin-of-the-job")).FullName;
        File.WriteAllText(Path.Combine(bin, "sudo"), "#!/bin/sh\necho \"$*\" >>\"$(dirname \"$0\")/sudo.log\"\n");
        File.SetUnixFileMode(Path.Combine(bin, "sudo"), (UnixFileMode)0x1ed);
        // What a machine lacks is doctor's to say, with 1; anything else is a failure.
        var script = lines.Select(l => l == "dotnet bolt doctor" ? l + " || test $? = 1" : l);
        var job = new Dictionary<string, string> { ["PATH"] = $"{bin}:{Environment.GetEnvironmentVariable("PATH")}", ["BOLT_CACHE"] = Path.Combine(folder, ".bolt-cache") };
        try
        {
            var ran = (await tool.RunAsync(folder, job, ["-e"], string.Join('\n', script) + "\n", "bash")).Expect(0);
            Assert.Contains("succeeded: 2", ran.Output, StringComparison.Ordinal);
            Assert.Contains("db", ran.Output, StringComparison.Ordinal);
        }
        finally
        {
            await tool.BoltAsync(folder, "down", "--volumes");
        }
        var results = Directory.GetFiles(Path.Combine(folder, "results"), file == "gitlab-ci.yml" ? "*.xml" : "*.trx");
        Assert.Contains("NoteTests", File.ReadAllText(Assert.Single(results)), StringComparison.Ordinal);
        Assert.Equal("", (await tool.BoltAsync(folder, "ps", "--json")).Expect(0).Output);
        var asRoot = Path.Combine(bin, "sudo.log");
        Assert.Equal(lines.Where(l => l.StartsWith("sudo ", StringComparison.Ordinal)).Select(l => l[5..]), File.Exists(asRoot) ? File.ReadAllLines(asRoot) : []);
        Assert.All(File.Exists(asRoot) ? File.ReadAllLines(asRoot) : [], l => Assert.Matches("^(apt-get update|apt-get install -qy uidmap passt|sysctl -w kernel.apparmor_restrict_unprivileged_userns=0)", l));
    }

    // Three dialects: `run: LINE`, `- script: LINE`, a block after `|`, and a list below `script:`.
    private static List<string> Script(string file)
    {
        var lines = new List<string>();
        int? block = null;
        foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "pipelines", file)))
        {
            Assert.DoesNotContain('\t', line);
            var indent = line.Length - line.TrimStart().Length;
            var text = line.Trim();
            if (block is { } below && indent > below)
            {
                lines.Add(text.StartsWith("- ", StringComparison.Ordinal) ? text[2..] : text);
                continue;
            }
            block = null;
            var key = text.StartsWith("- ", StringComparison.Ordinal) ? text[2..] : text;
            // The key's own column: what stands below it and right of it is the block, what stands below it is the next key.
            if (key is "run: |" or "script: |" or "script:") block = indent + text.Length - key.Length;
            else if (key.StartsWith("run: ", StringComparison.Ordinal)) lines.Add(key[5..]);
            else if (key.StartsWith("script: ", StringComparison.Ordinal)) lines.Add(key[8..]);
        }
        return lines;
    }
}
