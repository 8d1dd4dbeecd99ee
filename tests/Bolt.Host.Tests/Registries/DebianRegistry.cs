using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Bolt.Host.Tests.Registries;

/// <summary>Debian's docker-registry on a loopback port of its own, open, with a password, or with TLS.</summary>
internal sealed class DebianRegistry : IAsyncDisposable
{
    public const string User = "tester", Password = "secret";

    // bcrypt of the password, as `htpasswd -B` writes it.
    private const string PasswordFile = User + ":$2b$04$jYagUCIQXE7zARLS5EitNufmNQ1yqhXXbPWvPepwmfRpzJ8kBvZk.\n";

    private readonly string folder = Directory.CreateTempSubdirectory("bolt-registry-").FullName;
    private readonly Process process;

    private DebianRegistry(bool password, bool tls)
    {
        if (tls)
        {
            WriteCertificates();
        }
        File.WriteAllText(folder + "/htpasswd", PasswordFile);
        File.WriteAllText(folder + "/auth.json", "{}");
        File.WriteAllLines(folder + "/config.yml",
        [
            "version: 0.1",
            "log: {level: info, accesslog: {disabled: true}}",
            $"storage: {{filesystem: {{rootdirectory: {folder}/data}}, delete: {{enabled: true}}}}",
            "http:",
            "  addr: 127.0.0.1:0",
            .. tls ? (string[])[$"  tls: {{certificate: {folder}/server.pem, key: {folder}/server.key}}"] : [],
            .. password ? (string[])[$"auth: {{htpasswd: {{realm: tests, path: {folder}/htpasswd}}}}"] : [],
        ]);
        process = Process.Start(new ProcessStartInfo("docker-registry", ["serve", folder + "/config.yml"])
        {
            RedirectStandardError = true,
        })!;
    }

    public string Host { get; private set; } = "";

    /// <summary>The certificate that signs the server's.</summary>
    public string Authority => folder + "/ca.pem";

    public static async Task<DebianRegistry> StartAsync(bool password = false, bool tls = false)
    {
        var registry = new DebianRegistry(password, tls);
        // "… level=info msg="listening on 127.0.0.1:43210, tls" …": its log is the only place that says the port.
        var seen = new List<string>();
        while (await registry.process.StandardError.ReadLineAsync() is { } line)
        {
            seen.Add(line);
            if (line.IndexOf("listening on ", StringComparison.Ordinal) is var at and >= 0)
            {
                registry.Host = line[(at + 13)..].Split('"', ',', ' ')[0];
                break;
            }
        }
        Assert.True(registry.Host.Length > 0, string.Join('\n', seen));
        // What it says later fills no pipe.
        _ = registry.process.StandardError.BaseStream.CopyToAsync(Stream.Null);
        return registry;
    }

    /// <summary>`skopeo copy`, with this registry's certificate and password where it has them.</summary>
    public async Task SkopeoAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("skopeo", ["copy", "--quiet", "--src-tls-verify=false", "--dest-tls-verify=false", .. arguments]) { RedirectStandardError = true };
        // Its own place for logins lies in /run, which may be another user's.
        start.Environment["REGISTRY_AUTH_FILE"] = folder + "/auth.json";
        using var skopeo = Process.Start(start)!;
        var words = await skopeo.StandardError.ReadToEndAsync();
        await skopeo.WaitForExitAsync();
        Assert.True(skopeo.ExitCode == 0, words);
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private void WriteCertificates()
    {
        var (from, to) = (DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authority = new CertificateRequest("CN=tests", authorityKey, HashAlgorithmName.SHA256);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var root = authority.CreateSelfSigned(from, to);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var server = request.Create(root, from, to, [1, 2, 3, 4]);
        File.WriteAllText(folder + "/ca.pem", root.ExportCertificatePem());
        File.WriteAllText(folder + "/server.pem", server.ExportCertificatePem());
        File.WriteAllText(folder + "/server.key", key.ExportPkcs8PrivateKeyPem());
    }
}
