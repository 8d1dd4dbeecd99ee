using System.Text;
using Bolt.Boltfiles;
using Bolt.Builds;
using Bolt.Diagnostics;
using Bolt.Kernel;

namespace Bolt.Runtime.Tests.Boltfiles;

public class BoltfileReaderTests
{
    public static TheoryData<string> Bad =>
        [.. Golden.Files("Boltfiles/bad", "*.toml").Select(f => Path.GetFileNameWithoutExtension(f))];

    public static TheoryData<string> Samples =>
        [.. Golden.Files("Boltfiles/samples", "*.toml").Select(f => Path.GetFileNameWithoutExtension(f))];

    private static string? Variables(string name) => name == "OK" ? "fine" : null;

    [Theory]
    [MemberData(nameof(Bad))]
    public void A_bad_file_says_everything_at_once(string name)
    {
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, $"Boltfiles/bad/{name}.toml"));
        var read = BoltfileReader.Read("shop/Boltfile.toml", text, Variables);
        Assert.False(read.Ok);
        Golden.Check($"Boltfiles/bad/{name}", Rendered(read));
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_sample_loads_without_errors(string name)
    {
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, $"Boltfiles/samples/{name}.toml"));
        var read = BoltfileReader.Read($"/srv/{name}/Boltfile.toml", text, n => n == "HOME" ? "/home/dev" : null);
        Assert.True(read.Ok, Rendered(read));
        Golden.Check($"Boltfiles/samples/{name}", Rendered(read) + "\n\n" + Summary(read.Value!));
    }

    [Fact]
    public void Positions_point_at_values()
    {
        var read = BoltfileReader.Read("Boltfile.toml", "project = \"p\"\n[services.api]\nbuild = \"./api\"\nenv.DATABASE_URL = \"x\"\nports = [\"1:1\", \"2:2\"]\n");
        var at = read.Value!.Positions["services.api.env.DATABASE_URL"];
        Assert.Equal((4, 20, 3), (at.Line, at.Column, at.Length));
        Assert.Equal((5, 17), (read.Value.Positions["services.api.ports[1]"].Line, read.Value.Positions["services.api.ports[1]"].Column));
    }

    [Fact]
    public void Columns_count_utf16_units()
    {
        var read = BoltfileReader.Read("Boltfile.toml", "project = \"p\"\n[services.a]\nimage = \"bolt://nginx\"\nenv = { \"😀\" = \"é\", X = \"bolt://no\" }\n");
        var at = Assert.Single(read.Diagnostics).At!;
        Assert.Equal("\"bolt://no\"", at.LineText.Substring(at.Column - 1, at.Length));
    }

    [Fact]
    public void Windows_line_ends_and_a_byte_order_mark_are_taken()
    {
        var read = BoltfileReader.Read("Boltfile.toml", "\uFEFFproject = \"p\"\r\n[services.a]\r\nimage = \"bolt://nginx\"\r\n");
        Assert.True(read.Ok, Rendered(read));
    }

    [Fact]
    public void Env_wins_over_environment()
    {
        var read = BoltfileReader.Read("Boltfile.toml", "project = \"p\"\n[services.a]\nimage = \"bolt://nginx\"\nenvironment = { A = \"1\", B = 2 }\nenv.A = true\n");
        Assert.Equal("A=true B=2", string.Join(' ', read.Value!.Services[0].Env.Select(e => $"{e.Key}={e.Value}")));
    }

    [Fact]
    public void Missing_files_are_said_with_their_place()
    {
        var folder = Directory.CreateTempSubdirectory("bolt-file-");
        try
        {
            var path = Path.Combine(folder.FullName, "Boltfile.toml");
            File.WriteAllText(path, "project = \"p\"\n[services.a]\nbuild = \"./api\"\nvolumes = [\"./site:/s\", \"/dev:/d\", \"named:/n\"]\n[services.b]\ncapsule = \"./my.capsule.toml\"\n[services.c]\nimage = \"./layout\"\n");
            var read = BoltfileReader.ReadFile(path);
            Golden.Check("Boltfiles/missing-files", Rendered(read).Replace(folder.FullName + "/", "", StringComparison.Ordinal));
            Directory.CreateDirectory(Path.Combine(folder.FullName, "site"));
            Assert.Equal(3, BoltfileReader.ReadFile(path).Diagnostics.Length);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("/nowhere/Boltfile.toml")]
    [InlineData("/proc/self")]
    [InlineData("")]
    [InlineData("a\0b")]
    public void A_file_that_cannot_be_read_is_a_diagnostic(string path)
    {
        var found = Assert.Single(BoltfileReader.ReadFile(path).Diagnostics);
        Assert.Equal("BOLT1003", found.Code);
        Assert.NotNull(found.Fix);
    }

    [Theory]
    [InlineData("/dev/zero", "it is no plain file")]
    [InlineData("/dev", "it is a folder")]
    [InlineData("fifo", "it is no plain file")]
    [InlineData("large", "it is too large")]
    [InlineData("closed/x", "no such file")]
    public async Task What_is_no_readable_file_is_said_at_once(string name, string reason)
    {
        var folder = Directory.CreateTempSubdirectory("bolt-file-");
        try
        {
            Assert.Equal(Errno.None, TreeNodes.Fifo(folder.FullName + "/fifo"));
            await File.WriteAllTextAsync(folder.FullName + "/large", new string('#', TomlDocument.MaxLength + 1), TestContext.Current.CancellationToken);
            var path = Path.Combine(folder.FullName, name);
            // A read that waits for a writer would wait for ever: the suite's own limit is the end of it.
            var found = Assert.Single((await Task.Run(() => BoltfileReader.ReadFile(path), TestContext.Current.CancellationToken)).Diagnostics);
            Assert.Equal(("BOLT1003", true), (found.Code, found.Message.EndsWith(reason, StringComparison.Ordinal)));
            var pins = BoltLock.Read(path);
            Assert.Equal(name is "large" or "fifo" or "/dev" or "/dev/zero" ? "BOLT2201" : null, pins.Diagnostics.FirstOrDefault()?.Code);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void The_largest_file_that_is_allowed_is_read()
    {
        var path = Path.GetTempFileName();
        File.WriteAllText(path, ("project = \"p\"\n[services.a]\nimage = \"bolt://nginx\"\n").PadRight(TomlDocument.MaxLength, '#'));
        var read = BoltfileReader.ReadFile(path);
        File.Delete(path);
        Assert.True(read.Ok, Rendered(read));
    }

    internal static string Rendered(Checked<Boltfile> read) =>
        string.Join("\n\n", read.Diagnostics.Select(d => DiagnosticText.Render(d)));

    private static string Summary(Boltfile file)
    {
        var text = new StringBuilder($"project {file.Project}\n");
        foreach (var s in file.Services)
        {
            text.AppendLine($"{s.Name}: {s.Source}");
            text.AppendLine($"  ports   {string.Join(' ', s.Ports.Select(p => $"{p.HostIp}:{p.HostPort}:{p.ContainerPort}/{p.Protocol}"))}".TrimEnd());
            text.AppendLine($"  volumes {string.Join(' ', s.Volumes.Select(v => v switch { VolumeMount.Bind b => b.Source, VolumeMount.Named n => n.Volume, _ => "" } + ":" + v.Target))}".TrimEnd());
            text.AppendLine($"  env     {string.Join(' ', s.Env.Select(e => $"{e.Key}={e.Value}"))}".TrimEnd());
            text.AppendLine($"  needs   {string.Join(' ', s.DependsOn)} | storage {s.Storage?.Size} | auth {s.Auth?.User} | limits {s.MemoryLimit} {s.CpuLimit}{MoreLimits(s)}");
        }
        return text.ToString();
    }

    private static string MoreLimits(Service service)
    {
        if (service.Limits == new ServiceLimits())
            return "";
        var l = service.Limits;
        var io = l.BlockIo is null ? "" : $" io {l.BlockIo.Weight} {string.Join(' ', l.BlockIo.WeightDevices)} {string.Join(' ', l.BlockIo.ReadBytes)} {string.Join(' ', l.BlockIo.WriteBytes)} {string.Join(' ', l.BlockIo.ReadOperations)} {string.Join(' ', l.BlockIo.WriteOperations)}";
        return $" swap {l.MemorySwap} reserved {l.MemoryReservation} shares {l.CpuShares} cpus {l.Cpuset} mems {l.CpusetMems}{io} huge {string.Join(' ', l.HugePages)}";
    }
}
