#if (usePostgres)
using Npgsql;

#endif
var builder = WebApplication.CreateBuilder(args);
#if (usePostgres)
// What `bolt://db` in the Boltfile became: postgres://user:password@host:port/database.
var address = new Uri(builder.Configuration["DATABASE_URL"] ?? throw new InvalidOperationException("DATABASE_URL is not set"));
var login = address.UserInfo.Split(':', 2);
builder.Services.AddSingleton(NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder
{
    Host = address.Host,
    Port = address.Port,
    Username = Uri.UnescapeDataString(login[0]),
    Password = Uri.UnescapeDataString(login[^1]),
    Database = address.AbsolutePath.Trim('/'),
    // There is no Kerberos here to try first.
    GssEncryptionMode = GssEncryptionMode.Disable,
}));
#endif
var app = builder.Build();

#if (usePostgres)
app.MapGet("/", async (NpgsqlDataSource db) =>
{
    await using var command = db.CreateCommand("SELECT now()");
    return new { service = "web", now = await command.ExecuteScalarAsync() };
});
#else
app.MapGet("/", () => new { service = "web" });
#endif
app.MapGet("/health", () => Results.Text("ok"));

await app.RunAsync();
