namespace Bolt.Benchmarks;

/// <summary>A copy of the demo in a folder of its own.</summary>
internal sealed class Demo : IAsyncDisposable
{
    private readonly Peer _bolt;

    private Demo(Peer bolt) => _bolt = bolt;

    public string Folder { get; } = Directory.CreateTempSubdirectory("bolt-bench-demo-").FullName;

    /// <summary>Copies the template and fills every cache with one whole round.</summary>
    public static async Task<Demo> WarmAsync(Peer bolt)
    {
        var demo = new Demo(bolt);
        var template = Environment.GetEnvironmentVariable("BOLT_BENCH_DEMO") ?? FindTemplate();
        foreach (var file in Directory.EnumerateFiles(template, "*", SearchOption.AllDirectories))
        {
            var relative = Path.GetRelativePath(template, file);
            if (relative.Split('/').Any(part => part is "bin" or "obj" or ".template.config"))
                continue;
            var target = Path.Combine(demo.Folder, relative);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
        await demo.UpAsync();
        await demo.DownAsync();
        return demo;
    }

    public Task UpAsync() => _bolt.RunAsync(Folder, "up", "-d", "--wait");

    public Task DownAsync(params string[] more) => _bolt.RunAsync(Folder, ["down", .. more]);

    public async ValueTask DisposeAsync()
    {
        await DownAsync("--volumes");
        Directory.Delete(Folder, recursive: true);
    }

    private static string FindTemplate()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "templates/bolt-demo");
            if (Directory.Exists(candidate))
                return candidate;
        }
        throw new InvalidOperationException("templates/bolt-demo is in no folder above this program; set BOLT_BENCH_DEMO");
    }
}
